/// A log of messages that grows at its end, wherever it is kept.
///
/// What every log promises, and `MessageLogConformance` checks:
///
/// - An append that returned is in the log, behind everything that was there, and nothing that was there changes.
/// - Messages that are appended together stay together and in their order; a reader, also one after a crash, sees all of them or
///   none.
/// - Of appends at the same time none is lost, and those of one task are in its order.
/// - A log that was never written, or was removed, is empty. One that cannot be read is an error, never an empty log.
/// - A message that cannot be read is skipped, logged as a warning and reported with its place; the others are returned.
public protocol MessageLog<Message>: Sendable {
    associatedtype Message: Codable & Sendable

    /// Adds messages behind all others, in order and together; none of them when it throws.
    ///
    /// - Throws: `RepositoryError` with `serializationFailed`, `writeStateFailed`, `insufficientSpace`, `notWritable` or what
    ///   the log's own documentation adds; `durabilityUnknown` when it is not known whether they were added.
    func append(contentsOf messages: [Message]) async throws(RepositoryError)

    /// Reads all messages, the oldest first.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`.
    func read() async throws(RepositoryError) -> MessageLogContents<Message>

    /// Removes the log; one that is not there is no error.
    func remove() async throws(RepositoryError)
}

extension MessageLog {
    /// Adds a message behind all others.
    ///
    /// - Throws: what ``append(contentsOf:)`` throws.
    public func append(_ message: Message) async throws(RepositoryError) { try await append(contentsOf: [message]) }
}

/// The messages of a log.
public struct MessageLogContents<Message: Sendable>: Sendable {
    /// The messages that can be read, the oldest first.
    public let messages: [Message]
    /// The places of those that cannot be read.
    public let damaged: [DamagedMessage]

    public init(messages: [Message], damaged: [DamagedMessage] = []) {
        self.messages = messages
        self.damaged = damaged
    }
}

/// The place of a message that cannot be read.
public struct DamagedMessage: Hashable, Sendable {
    /// The name of the file; `nil` where the log is not in files.
    public let file: String?
    /// The number of the line in its file, or of the message in the log; 1 for the first.
    public let number: Int

    public init(file: String? = nil, number: Int) {
        self.file = file
        self.number = number
    }
}
