#if Redis
    public import EnvironmentDomain
    import JSONText

    /// A log of messages in a Redis list, with one JSON text for each message.
    ///
    /// Any number of processes on any number of hosts can append to it. An append is one `RPUSH`; with a time to live,
    /// it is a transaction of one `RPUSH` and one `EXPIRE`. Its cost does not depend on the length of the log. Its
    /// durability depends on the server's settings (`appendonly`, `appendfsync`).
    public struct RedisMessageLog<Message: Codable & Sendable>: MessageLog {
        /// The key of the list.
        public let key: String
        /// The time from the newest message to the removal of the whole log; `nil` for never.
        public let timeToLive: Duration?
        private let connection: RedisConnection

        /// Creates a log; nothing is connected yet.
        ///
        /// - Parameters:
        ///   - server: The server of the list.
        ///   - key: The key of the list.
        ///   - timeToLive: The time from the newest message to the removal of the whole log, in whole seconds; `nil`
        ///     for never.
        ///   - answerTimeout: The time to wait for a reply of the server.
        public init(
            _ server: RedisServer, key: String, timeToLive: Duration? = nil, answerTimeout: Duration = .seconds(5)
        ) {
            self.key = key
            self.timeToLive = timeToLive
            connection = RedisConnection(server, answerTimeout: answerTimeout)
        }

        /// Appends messages with one `RPUSH` and restarts the time to live.
        ///
        /// - Throws: `RepositoryError` with `serializationFailed`, `writeStateFailed`, `insufficientSpace` or
        ///   `notWritable` when nothing was appended, or with `durabilityUnknown` when the connection was lost before
        ///   the reply.
        public func append(contentsOf messages: [Message]) async throws(RepositoryError) {
            let texts: [[UInt8]]
            do {
                texts = try messages.map { try JSONTextEncoder(style: .sortedNames).encode($0) }
            } catch {
                throw RepositoryError(
                    .serializationFailed, "A message for \(place) cannot be written as JSON: \(error).", cause: error)
            }
            guard !texts.isEmpty else { return }
            do throws(RedisError) {
                try await withList { () throws(RedisError) in
                    let push = command("RPUSH", texts)
                    guard !expiry.isEmpty else {
                        _ = try check(try await connection.run([push]))
                        return
                    }
                    try await connection.exchange { (run) throws(RedisError) in
                        // `LLEN` fails first when the key is not a list: in a transaction, `EXPIRE` would take effect
                        // although `RPUSH` is rejected.
                        _ = try together([push] + expiry, after: [command("LLEN")], run)
                    }
                }
            } catch {
                throw failure(error, "Messages could not be added to \(place)")
            }
        }

        /// Returns the messages; skips an element that cannot be read, with a warning.
        ///
        /// A log that does not exist is empty.
        ///
        /// - Throws: `RepositoryError` with `readStateFailed`, also when the server cannot be reached, so that an
        ///   unreachable log is never taken for an empty one.
        public func read() async throws(RepositoryError) -> MessageLogContents<Message> {
            let range = command("LRANGE", [Array("0".utf8), Array("-1".utf8)])
            let replies: [RedisConnection.Reply]
            do throws(RedisError) {
                replies = try await withList { () throws(RedisError) in try check(try await connection.run([range])) }
            } catch {
                throw RepositoryError(.readStateFailed, "\(place) cannot be read: \(error)", cause: error)
            }
            guard case .list(let elements)? = replies.first else {
                throw RepositoryError(.readStateFailed, "\(place) cannot be read: the server answered with no list.")
            }
            var messages: [Message] = []
            var damaged: [DamagedMessage] = []
            for (index, element) in elements.enumerated() {
                do {
                    guard case .text(let text) = element else { throw RedisError(.refused, "it is no text") }
                    messages.append(try JSONTextDecoder().decode(Message.self, from: text))
                } catch {
                    damaged.append(DamagedMessage(number: index + 1))
                    EnvironmentLog.log(
                        LogRecord(
                            level: .warning, message: "a damaged message is skipped",
                            fields: ["server": "\(connection.server)", "key": key, "element": "\(index + 1)"]))
                }
            }
            return MessageLogContents(messages: messages, damaged: damaged)
        }

        /// Removes the log; does nothing when there is none.
        public func remove() async throws(RepositoryError) {
            do throws(RedisError) {
                try check(try await connection.run([command("DEL")]))
            } catch {
                throw failure(error, "\(place) could not be removed")
            }
        }

        // MARK: The old form

        /// Runs `body`; if the key holds the old form, converts it to a list and runs `body` again.
        private func withList<Result>(_ body: () async throws(RedisError) -> Result) async throws(RedisError) -> Result
        {
            do throws(RedisError) {
                return try await body()
            } catch {
                guard error.word == "WRONGTYPE" else { throw error }
                try await becomeList()
                return try await body()
            }
        }

        /// Converts the old form, one string with a JSON array of all messages, to a list, atomically and once.
        private func becomeList() async throws(RedisError) {
            let count = try await connection.exchange { [self] (run) throws(RedisError) -> Int? in
                // With WATCH, the decision below holds unless another client changes the key.
                try check(try run([words("WATCH", key)]))
                guard case .text(let type)? = try check(try run([command("TYPE")])).first,
                    type == Array("string".utf8),
                    // Another client may convert it to a list between the two commands.
                    case .text(let old)? = try run([command("GET")]).first
                else {
                    try check(try run([words("UNWATCH")]))
                    return nil
                }
                // The texts are kept, so that all numbers keep their digits.
                guard let elements = try? JSONDocument(old).root.elements().map({ $0.text() }) else {
                    throw RedisError(
                        .refused, "The key holds a string that is no JSON array of messages; it was left as it is")
                }
                let pushes = elements.map { command("RPUSH", [$0]) }
                // `nil` when another client has converted it in the meantime.
                return try together([command("DEL")] + pushes + (elements.isEmpty ? [] : expiry), run)
                    ? elements.count : nil
            }
            guard let count else { return }
            EnvironmentLog.log(
                LogRecord(
                    level: .info, message: "an old string became a list of messages",
                    fields: ["server": "\(connection.server)", "key": key, "messages": "\(count)"]))
        }

        // MARK: Commands and errors

        /// Runs commands in a transaction; returns `false` when another client changed a watched key.
        private func together(
            _ commands: [[[UInt8]]], after question: [[[UInt8]]] = [], _ run: RedisConnection.Run
        ) throws(RedisError) -> Bool {
            // MULTI is sent first and alone: if the user may not start a transaction, the server would execute the
            // following commands one by one.
            try check(try run(question + [words("MULTI")]))
            guard case .list(let results)? = try check(try run(commands + [words("EXEC")])).last else { return false }
            try check(results)
            return true
        }

        private var expiry: [[[UInt8]]] {
            timeToLive.map { [command("EXPIRE", [Array("\(max(1, $0.components.seconds))".utf8)])] } ?? []
        }

        private func command(_ name: String, _ values: [[UInt8]] = []) -> [[UInt8]] {
            [Array(name.utf8), Array(key.utf8)] + values
        }

        private func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

        @discardableResult
        private func check(_ replies: [RedisConnection.Reply]) throws(RedisError) -> [RedisConnection.Reply] {
            for case .error(let message) in replies { throw RedisError(.refused, message) }
            return replies
        }

        private var place: String { "the log \(key) of \(connection.server)" }

        private func failure(_ error: RedisError, _ what: String) -> RepositoryError {
            let code: RepositoryError.Code =
                switch (error.kind, error.word) {
                case (.lost, _): .durabilityUnknown
                case (_, "OOM"): .insufficientSpace
                case (_, "NOPERM"), (_, "READONLY"), (_, "MISCONF"): .notWritable
                default: .writeStateFailed
                }
            let advice = code == .durabilityUnknown ? " Whether they were added is not known; read the log." : ""
            return RepositoryError(code, "\(what): \(error).\(advice)", cause: error)
        }
    }
#endif
