public import EnvironmentDomain
import OperatingSystem

/// The past of a document: every line of its history that can be read, the oldest first, and what contradicts it.
public struct DocumentHistory: Hashable, Sendable {
    public let lines: [HistoryLine]
    /// Where the history is not what was written; empty when nobody has touched it.
    public let flaws: [Flaw]

    /// A place at which the history is not what was written.
    public struct Flaw: Hashable, Sendable {
        /// What is wrong at a place.
        public enum Kind: Hashable, Sendable {
            /// The line cannot be read.
            case damaged
            /// The line is not the one that the next line, or the state file, names.
            case edited
            /// The line stands among lines of other times, or there twice.
            case moved
            /// The lines of these serials should stand before this line.
            case missing(ClosedRange<Int>)
        }
        /// The name of the file.
        public let file: String
        /// 1 for the file's first line.
        public let line: Int
        /// The line's serial; nil when it cannot be read.
        public let serial: Int?
        public let kind: Kind
    }

    /// The kinds of events.
    public enum EventKind: String, CaseIterable, Hashable, Sendable {
        case transition, step, saved
    }

    /// The lines for which everything holds that is asked for.
    ///
    /// - Parameters:
    ///   - times: when it happened.
    ///   - command: what brought it about.
    ///   - run: the run of that command, as the history names it.
    ///   - kind: whether it was a transition, a step's event or a plain save.
    public func lines(
        during times: ClosedRange<Timestamp>? = nil, of command: CommandName? = nil, in run: CommandID? = nil,
        kind: EventKind? = nil
    ) -> [HistoryLine] {
        lines.filter { line in
            times?.contains(line.event.at) ?? true && command ?? line.event.command == line.event.command
                && run ?? line.event.commandID == line.event.commandID && kind ?? line.event.kind == line.event.kind
        }
    }

    /// Reads a whole history of another place and follows its chain back from the newest line; for those who write a
    /// repository.
    ///
    /// - Parameters:
    ///   - texts: the lines, the oldest first.
    ///   - place: where they stand, in place of a file's name.
    ///   - newest: the line of what is stored.
    public init(texts: [[UInt8]], of place: String, newest: HistoryLine?) {
        self.init(
            zip(1..., texts).map { LineFile.Line(file: place, number: $0, text: $1) }, newest: newest, isWhole: true)
    }

    /// Reads the lines and follows their chain back from the line in the state file.
    ///
    /// - Parameters:
    ///   - texts: the lines of all files, the oldest first.
    ///   - newest: the line in the state file, which a crash may have kept from the history.
    ///   - isWhole: whether no older file was removed, so that the oldest line must have serial 1.
    init(_ texts: [LineFile.Line], newest: HistoryLine?, isWhole: Bool) {
        let read = texts.map { try? HistoryLine(text: $0.text) }
        let known = read.indices.filter { read[$0] != nil }
        var places = Dictionary(known.map { (read[$0]?.serial ?? 0, $0) }, uniquingKeysWith: min)
        let rise = longestRise(known.map { read[$0]?.serial ?? 0 }).map { known[$0] }

        var found = read.indices.filter { read[$0] == nil }.map { ($0, Flaw.Kind.damaged) }
        found += Set(known).subtracting(rise).map { ($0, .moved) }

        var expected: [Int: Checksum] = [:]
        if let newest { expected[newest.serial] = (try? newest.text()).map { Checksum(of: $0) } }
        for index in known.sorted(by: { (read[$0]?.serial ?? 0) > (read[$1]?.serial ?? 0) }) {
            guard let line = read[index] else { continue }
            if let checksum = expected[line.serial], checksum != Checksum(of: texts[index].text) {
                // What an edited line says of the one before it proves nothing.
                found.append((index, .edited))
            } else if let previous = line.previous {
                expected[line.serial - 1] = previous
            }
        }

        if let newest { places[newest.serial] = places[newest.serial] ?? texts.count }
        let last = max(rise.last.flatMap { read[$0]?.serial } ?? 0, newest?.serial ?? 0)
        let serials = places.keys.filter { $0 <= last }.sorted()
        var next = isWhole ? 1 : serials.first ?? 1
        for serial in serials {
            if serial > next { found.append((places[serial] ?? 0, .missing(next...serial - 1))) }
            next = max(next, serial + 1)
        }

        flaws = found.sorted { $0.0 < $1.0 }.map { index, kind in
            guard index < texts.count else {
                return Flaw(
                    file: texts.last?.file ?? HistoryFile.fileName, line: (texts.last?.number ?? 0) + 1, serial: nil,
                    kind: kind)
            }
            return Flaw(
                file: texts[index].file, line: texts[index].number, serial: read[index]?.serial, kind: kind)
        }
        lines = read.compactMap(\.self) + (newest.map { places[$0.serial] == texts.count ? [$0] : [] } ?? [])
    }
}

extension DocumentHistory.Flaw: CustomStringConvertible {
    /// For example `history.jsonl, line 12: edited`.
    public var description: String {
        let what =
            switch kind {
            case .damaged: "cannot be read"
            case .edited: "edited"
            case .moved: "out of order or repeated"
            case .missing(let serials):
                serials.count == 1
                    ? "serial \(serials.lowerBound) is missing before it"
                    : "serials \(serials.lowerBound) to \(serials.upperBound) are missing before it"
            }
        return "\(file), line \(line): \(what)"
    }
}

extension HistoryEvent {
    fileprivate var kind: DocumentHistory.EventKind {
        switch change {
        case .transition: .transition
        case .step: .step
        case .saved: .saved
        }
    }
}

/// The places of a longest run of numbers that rise, in order: what is not among them is out of order.
private func longestRise(_ numbers: [Int]) -> [Int] {
    // For each length, where the run of that length ends that has the smallest last number.
    var ends: [Int] = []
    var before = [Int?](repeating: nil, count: numbers.count)
    for (index, number) in numbers.enumerated() {
        var low = 0
        var high = ends.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[ends[middle]] < number { low = middle + 1 } else { high = middle }
        }
        before[index] = low > 0 ? ends[low - 1] : nil
        if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var run: [Int] = []
    var place = ends.last
    while let index = place {
        run.append(index)
        place = before[index]
    }
    return run.reversed()
}
