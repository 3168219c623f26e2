/// What is found of a document, before anything is concluded from it; the same for files, memory and databases.
public struct Evidence: Sendable {
    /// What is found of the log.
    public enum Log: Sendable {
        case missing
        /// The newest line is whole.
        case whole(LogLine)
        /// The newest line was acknowledged and is not what was written; with the newest line that is whole.
        case damaged(newestWhole: LogLine?)
        /// It cannot be read, for this reason.
        case unusable(String)
    }
    /// What is found of the copy for people and other programs.
    public enum Checkpoint: Sendable {
        case missing
        /// It is, or may be, what the log has or had.
        case current
        case older
        /// It is not what was written, or has no form that is known.
        case edited
        /// It is of another document that had the same name.
        case otherLineage
        /// The log does not go so far.
        case newer(serial: Int)
        /// It cannot be read, for this reason.
        case unusable(String)

        /// Whether a newer line may take its place, and nothing is lost by that.
        var isReplaceable: Bool {
            switch self {
            case .missing, .current, .older: true
            case .edited, .otherLineage, .newer, .unusable: false
            }
        }
    }
    /// A whole document in a file: one that could not be saved and was kept in another place, or what is left of a damaged one.
    public struct Record: Hashable, Sendable {
        /// The absolute path of the file, or what else names the place for people.
        public let path: String
        public let serial: Int
        /// `nil` for a bare document.
        public let lineage: String?
        /// Whether it was made of a document of the same name in another place.
        public let isElsewhere: Bool

        public init(path: String, serial: Int, lineage: String?, isElsewhere: Bool = false) {
            self.path = path
            self.isElsewhere = isElsewhere
            self.serial = serial
            self.lineage = lineage
        }
    }
    /// A whole document of version 1 of the store, where there is no log of this version.
    public struct Earlier: Hashable, Sendable {
        /// The document as it was found.
        public let text: [UInt8]
        public let serial: Int
        /// `nil` for a bare document.
        public let lineage: String?
        /// What of the folder contradicts it; `nil` for nothing.
        public let contradiction: String?

        public init(text: [UInt8], serial: Int, lineage: String?, contradiction: String?) {
            self.text = text
            self.serial = serial
            self.lineage = lineage
            self.contradiction = contradiction
        }
    }

    public var log: Log
    public var checkpoint: Checkpoint
    /// The checkpoint as it was found; `nil` when it is missing or cannot be read.
    public var checkpointText: [UInt8]?
    public var earlier: Earlier?
    /// What else is there that only a document that was saved leaves, by name.
    public var traces: [String]
    /// The records of that name.
    public var records: [Record]

    public init(
        log: Log, checkpoint: Checkpoint, checkpointText: [UInt8]? = nil, earlier: Earlier? = nil,
        traces: [String] = [], records: [Record] = []
    ) {
        self.log = log
        self.checkpoint = checkpoint
        self.checkpointText = checkpointText
        self.earlier = earlier
        self.traces = traces
        self.records = records
    }
}
