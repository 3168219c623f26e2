/// A document as a repository holds it.
public struct StoredDocument<Document: Hashable & Sendable>: Hashable, Sendable {
    public let document: Document
    /// Made at the first save and never changed; nil for a document that was put there by hand.
    public let lineage: Lineage?
    /// The number of saves so far; 0 for a document that was put there by hand.
    public let serial: Int
    /// When it was saved; nil for a document that was put there by hand.
    public let savedAt: Timestamp?
    /// The history line of the save.
    public let line: HistoryLine?

    /// Describes what a repository holds; for those who write one.
    public init(document: Document, lineage: Lineage?, serial: Int, savedAt: Timestamp?, line: HistoryLine?) {
        self.document = document
        self.lineage = lineage
        self.serial = serial
        self.savedAt = savedAt
        self.line = line
    }
}

/// An environment as a repository holds it.
public typealias StoredEnvironment = StoredDocument<AnyEnvironmentState>
