#if Redis
    public import EnvironmentDomain
    import JSONText

    /// A log of messages in a Redis list, one JSON text each; any number of processes on any number of hosts append to it.
    ///
    /// An append is one `RPUSH`, with a time to live together with one `EXPIRE` in a transaction, whatever the length of the
    /// log. How durable it is, is the server's setting (`appendonly`, `appendfsync`).
    public struct RedisMessageLog<Message: Codable & Sendable>: Sendable {
        /// The key of the list.
        public let key: String
        /// How long after the newest message the whole log is forgotten; nil for never.
        public let timeToLive: Duration?
        private let connection: RedisConnection

        /// Describes a log; nothing is connected yet.
        ///
        /// - Parameters:
        ///   - server: the server that has the list.
        ///   - key: the key of the list.
        ///   - timeToLive: how long after the newest message the whole log is forgotten, in whole seconds; nil for never.
        ///   - answerTimeout: how long to wait for the server.
        public init(
            _ server: RedisServer, key: String, timeToLive: Duration? = nil, answerTimeout: Duration = .seconds(5)
        ) {
            self.key = key
            self.timeToLive = timeToLive
            connection = RedisConnection(server, answerTimeout: answerTimeout)
        }

        /// What a log holds.
        public struct Contents: Sendable {
            /// The messages that can be read, the oldest first.
            public let messages: [Message]
            /// The places of the elements that cannot be read, 0 for the oldest.
            public let damaged: [Int]
        }

        /// Adds a message behind all others, and lets the log live as long again.
        ///
        /// - Throws: `RepositoryError` with `serializationFailed`, `writeStateFailed`, `insufficientSpace` or `notWritable`
        ///   and nothing added, or `durabilityUnknown` when the connection was lost before the server said so.
        public func append(_ message: Message) async throws(RepositoryError) {
            let text: [UInt8]
            do {
                text = try JSONTextEncoder(style: .sortedNames).encode(message)
            } catch {
                throw RepositoryError(
                    .serializationFailed, "A message for \(place) cannot be written as JSON: \(error).", cause: error)
            }
            do throws(RedisError) {
                try await withList { () throws(RedisError) in
                    let push = command("RPUSH", text)
                    guard !expiry.isEmpty else {
                        _ = try check(try await connection.run([push]))
                        return
                    }
                    try await connection.exchange { (run) throws(RedisError) in
                        // What is no list is found out before: EXPIRE would be done although RPUSH was refused.
                        _ = try together([push] + expiry, after: [command("LLEN")], run)
                    }
                }
            } catch {
                throw failure(error, "A message could not be added to \(place)")
            }
        }

        /// Reads the log; an element that cannot be read is skipped with a warning.
        ///
        /// A log that is not there is empty.
        ///
        /// - Throws: `RepositoryError` with `readStateFailed`, also when the server cannot be reached: a log is never taken
        ///   for empty because nobody could look.
        public func read() async throws(RepositoryError) -> Contents {
            let range = command("LRANGE", Array("0".utf8), Array("-1".utf8))
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
            var damaged: [Int] = []
            for (index, element) in elements.enumerated() {
                do {
                    guard case .text(let text) = element else { throw RedisError(.refused, "it is no text") }
                    messages.append(try JSONTextDecoder().decode(Message.self, from: text))
                } catch {
                    damaged.append(index)
                    EnvironmentLog.log(
                        LogRecord(
                            level: .warning, message: "a damaged message is skipped",
                            fields: ["server": "\(connection.server)", "key": key, "element": "\(index)"]))
                }
            }
            return Contents(messages: messages, damaged: damaged)
        }

        /// Removes the log; one that is not there is no error.
        public func remove() async throws(RepositoryError) {
            do throws(RedisError) {
                try check(try await connection.run([command("DEL")]))
            } catch {
                throw failure(error, "\(place) could not be removed")
            }
        }

        // MARK: The old form

        /// Does something with the list; once more when the key had to be made one first.
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

        /// Turns an old value, one string with a JSON array of all messages, into a list: whole or not at all, and once.
        private func becomeList() async throws(RedisError) {
            let count = try await connection.exchange { [self] (run) throws(RedisError) -> Int? in
                // As long as nobody touches the key, what is decided below holds.
                try check(try run([words("WATCH", key)]))
                guard case .text(let type)? = try check(try run([command("TYPE")])).first,
                    type == Array("string".utf8),
                    // Another may make it a list between the two.
                    case .text(let old)? = try run([command("GET")]).first
                else {
                    try check(try run([words("UNWATCH")]))
                    return nil
                }
                // Not a digit of a number is changed.
                guard let elements = try? JSONDocument(old).root.elements().map({ $0.text() }) else {
                    throw RedisError(
                        .refused, "The key holds a string that is no JSON array of messages; it was left as it is")
                }
                let pushes = elements.map { command("RPUSH", $0) }
                // Nothing, when another has done it meanwhile.
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

        /// Runs commands all together or not at all; false when what the session watches was changed by another.
        private func together(
            _ commands: [[[UInt8]]], after question: [[[UInt8]]] = [], _ run: RedisConnection.Run
        ) throws(RedisError) -> Bool {
            // Alone, since for whoever may not begin a transaction the commands behind it would be done one by one.
            try check(try run(question + [words("MULTI")]))
            guard case .list(let results)? = try check(try run(commands + [words("EXEC")])).last else { return false }
            try check(results)
            return true
        }

        private var expiry: [[[UInt8]]] {
            timeToLive.map { [command("EXPIRE", Array("\(max(1, $0.components.seconds))".utf8))] } ?? []
        }

        private func command(_ name: String, _ values: [UInt8]...) -> [[UInt8]] {
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
            let advice = code == .durabilityUnknown ? " Whether it was added is not known; read the log." : ""
            return RepositoryError(code, "\(what): \(error).\(advice)", cause: error)
        }
    }
#endif
