public import DocumentStore
public import EnvironmentDomain

/// Where the log of one document is: the primitive that a repository implements, for files, memory or a database.
///
/// It stores lines and finds evidence. What is stored, what comes next, what may be recovered or restored: that is decided
/// once, above it.
public protocol LogSource: Sendable {
    /// The path of the log, or what else names it for people.
    var location: String { get }

    /// The path of the checkpoint, or what else names it for people.
    var checkpointLocation: String { get }

    /// The newest line; `nil` unless the log ends with a whole one. Takes no lock and changes nothing.
    func newestLine() async throws(RepositoryError) -> LogLine?

    /// All that is found of the document but records in other places; takes no lock and changes nothing.
    func evidence() async throws(RepositoryError) -> Evidence

    /// Gives every line that is kept to `body`, the oldest first, until that returns false; takes no lock.
    func forEachLine(_ body: (LogText) throws(RepositoryError) -> Bool) async throws(RepositoryError)

    /// The whole documents that are left of a damaged one, the newest of each place where one is.
    func recoverable() async -> [Evidence.Record]

    /// Waits for the right to append.
    func hold(_ holder: LeaseHolder, timeout: Duration) async throws(RepositoryError) -> any HeldLog
}

/// The right to append to a log: nobody else has it until it is released or its process ends.
public protocol HeldLog: AnyObject, Sendable {
    /// All that was found when the right was taken but records, and what was appended since.
    var evidence: Evidence { get async }

    /// Puts a line with these members behind all others; durable when it returns.
    ///
    /// - Parameters:
    ///   - object: the members of the save, a compact JSON object.
    ///   - lineage: that of a document that is saved for the first time.
    ///   - serial: the least serial of the line.
    /// - Throws: `RepositoryError`, `lockLost` and `conflict` among them; nothing is changed, except for
    ///   `durabilityUnknown`: then the line is in place.
    func append(
        _ object: [UInt8], lineage: Lineage, atLeast serial: Int
    ) async throws(RepositoryError) -> LogLine

    /// Makes a document of an earlier version, which ``evidence`` names, a log of this one.
    func upgrade() async throws(RepositoryError)

    /// Begins a new log with a line, and keeps what is damaged under another name.
    ///
    /// - Parameters:
    ///   - line: The first line of the new log.
    ///   - older: The lines before it as they are, the oldest first.
    func begin(with line: LogLine, older: [[UInt8]]) async throws(RepositoryError)

    /// Writes what is stored where other programs read it, and keeps what a person made of that under another name.
    func refreshCheckpoint() async throws(RepositoryError)

    /// Gives everything of the document but the lock another name, and keeps it.
    func setAside() async throws(RepositoryError)

    /// Says who holds the log now, for people.
    func note(_ holder: LeaseHolder) async

    /// Removes everything of the document.
    ///
    /// - Parameter keepingFiles: whether an environment's working files stay.
    func remove(keepingFiles: Bool) async throws(RepositoryError)

    /// Gives the right back. The second time does nothing.
    func release() async

    /// Returns when the right is lost, or when the task is cancelled.
    func waitUntilLost() async
}

extension LogSource {
    /// There is no checkpoint beside the log.
    public var checkpointLocation: String { location }
}

extension HeldLog {
    /// There are no earlier versions.
    public func upgrade() async throws(RepositoryError) {}

    /// There is nothing beside the log that could be damaged.
    public func setAside() async throws(RepositoryError) {}

    /// The right ends with its process only.
    public func waitUntilLost() async {
        // Sleeping ends early when the task is cancelled, and that is what is waited for.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(86_400)) }
    }
}
