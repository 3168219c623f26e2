/// A document with the properties of the save that stored it.
public struct StoredDocument<Document: Hashable & Sendable>: Hashable, Sendable {
    public let document: Document
    /// The identifier that the first save creates and no later save changes; `nil` for a document that a person put in
    /// place.
    public let lineage: Lineage?
    /// The number of saves so far; 0 for a document that a person put in place.
    public let serial: Int
    /// The time of the save; `nil` for a document that a person put in place.
    public let savedAt: Timestamp?
    /// The history line of the save.
    public let line: HistoryLine?

    /// Creates a stored document, for the implementation of a repository.
    public init(document: Document, lineage: Lineage?, serial: Int, savedAt: Timestamp?, line: HistoryLine?) {
        self.document = document
        self.lineage = lineage
        self.serial = serial
        self.savedAt = savedAt
        self.line = line
    }
}

/// An environment with the properties of the save that stored it.
public typealias StoredEnvironment = StoredDocument<AnyEnvironmentState>
