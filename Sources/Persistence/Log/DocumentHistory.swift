public import EnvironmentDomain

/// The past of a document: every line of its log that can be read, the oldest first, and what contradicts it.
public struct DocumentHistory: Hashable, Sendable {
    public let lines: [HistoryLine]
    /// Where the log is not what was written; empty when nobody has touched it.
    public let flaws: [Flaw]

    /// A place at which the log is not what was written.
    public struct Flaw: Hashable, Sendable {
        /// What is wrong at a place.
        public enum Kind: Hashable, Sendable {
            /// The line cannot be read, or is not what was written.
            case damaged
            /// The line is not the one that the next line names.
            case edited
            /// The line is among lines of other times.
            case moved
            /// The lines of these serials should be before this line.
            case missing(ClosedRange<Int>)
        }
        /// The name of the file.
        public let file: String
        /// 1 for the file's first line.
        public let line: Int
        /// The line's serial; `nil` when it cannot be read.
        public let serial: Int?
        public let kind: Kind
    }
}

extension DocumentHistory.Flaw: CustomStringConvertible {
    /// For example `history.jsonl, line 12: edited`.
    public var description: String {
        let what =
            switch kind {
            case .damaged: "damaged"
            case .edited: "edited"
            case .moved: "out of order"
            case .missing(let serials):
                serials.count == 1
                    ? "serial \(serials.lowerBound) is missing before it"
                    : "serials \(serials.lowerBound) to \(serials.upperBound) are missing before it"
            }
        return "\(file), line \(line): \(what)"
    }
}
