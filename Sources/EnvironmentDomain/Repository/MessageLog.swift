/// An append-only log of messages, in a file or any other storage.
///
/// Every log promises this, and `MessageLogConformance` checks it:
///
/// - When an append returns, its messages are at the end of the log, and the messages before them are unchanged.
/// - Messages that are appended together stay together and in their order; a reader, also one after a crash, sees all
///   of them or none.
/// - Concurrent appends all succeed, and those of one task stay in its order.
/// - A log that was never written, or was removed, is empty. One that cannot be read is an error, never an empty log.
/// - A message that cannot be read is skipped, logged as a warning and reported with its position; the others are
///   returned.
public protocol MessageLog<Message>: Sendable {
    associatedtype Message: Codable & Sendable

    /// Appends messages in order and together, or none of them when it throws.
    ///
    /// - Throws: `RepositoryError` with `serializationFailed`, `writeStateFailed`, `insufficientSpace`, `notWritable`
    ///   or another code that the log's documentation names; `durabilityUnknown` when the messages may have been
    ///   appended.
    func append(contentsOf messages: [Message]) async throws(RepositoryError)

    /// Returns all messages, the oldest first.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`.
    func read() async throws(RepositoryError) -> MessageLogContents<Message>

    /// Removes the log; does nothing when there is none.
    func remove() async throws(RepositoryError)
}

extension MessageLog {
    /// Appends a message.
    ///
    /// - Throws: `RepositoryError` as ``append(contentsOf:)`` does.
    public func append(_ message: Message) async throws(RepositoryError) { try await append(contentsOf: [message]) }
}

/// The messages of a log.
public struct MessageLogContents<Message: Sendable>: Sendable {
    /// The messages that can be read, the oldest first.
    public let messages: [Message]
    /// The positions of the messages that cannot be read.
    public let damaged: [DamagedMessage]

    public init(messages: [Message], damaged: [DamagedMessage] = []) {
        self.messages = messages
        self.damaged = damaged
    }
}

/// The position of a message that cannot be read.
public struct DamagedMessage: Hashable, Sendable {
    /// The name of the file; `nil` when the log is not stored in files.
    public let file: String?
    /// The number of the line in its file, or of the message in the log, starting with 1.
    public let number: Int

    public init(file: String? = nil, number: Int) {
        self.file = file
        self.number = number
    }
}
