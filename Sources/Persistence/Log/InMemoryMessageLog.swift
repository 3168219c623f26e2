public import EnvironmentDomain
import JSONText
import Synchronization

/// A log of messages in this process's memory, for tests and for programs that need no other.
///
/// Messages are kept as JSON text, so that one that a file could not hold is refused here too.
public final class InMemoryMessageLog<Message: Codable & Sendable>: MessageLog {
    private let texts = Mutex<[[UInt8]]>([])

    public init() {}

    public func append(contentsOf messages: [Message]) async throws(RepositoryError) {
        let new: [[UInt8]]
        do {
            new = try messages.map { try JSONTextEncoder(style: .sortedNames).encode($0) }
        } catch {
            throw RepositoryError(
                .serializationFailed, "A message cannot be written as JSON: \(error).", cause: error)
        }
        texts.withLock { $0 += new }
    }

    public func read() async throws(RepositoryError) -> MessageLogContents<Message> {
        do {
            return MessageLogContents(
                messages: try texts.withLock(\.self).map { try JSONTextDecoder().decode(Message.self, from: $0) })
        } catch {
            throw RepositoryError(
                .readStateFailed, "A message cannot be read again: \(error).", cause: error)
        }
    }

    public func remove() async throws(RepositoryError) { texts.withLock { $0 = [] } }
}
