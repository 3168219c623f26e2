#if Redis
    import CHiRedis
    import OperatingSystem

    /// One connection to a Redis server, on a queue of its own, where blocking calls hold no thread of the concurrency pool.
    ///
    /// It is opened when it is needed, and again after it was lost.
    actor RedisConnection {
        nonisolated let server: RedisServer
        private let executor = QueueExecutor(label: "redis connection")
        private let answerTimeout: Duration
        private var session: Session?

        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

        init(_ server: RedisServer, answerTimeout: Duration) {
            self.server = server
            self.answerTimeout = answerTimeout
        }

        /// An answer of the server.
        enum Reply: Hashable, Sendable {
            case text([UInt8])
            case number(Int)
            case list([Reply])
            case nothing
            case error(String)
        }

        /// What an exchange sends commands with; like ``run(_:)``.
        typealias Run = (_ commands: [[[UInt8]]]) throws(RedisError) -> [Reply]

        /// Sends commands in one piece and returns their answers, with errors among them as they came.
        ///
        /// - Throws: ``RedisError`` with `unreachable` when nothing was sent, or `lost`.
        func run(_ commands: [[[UInt8]]]) throws(RedisError) -> [Reply] { try send(commands, over: try connected()) }

        /// Runs several exchanges in one session, with nobody else's between them.
        ///
        /// A session that ends on the way is not made again, and one whose exchanges failed is ended: what it watched and
        /// began goes with it.
        func exchange<Result: Sendable>(
            _ body: @Sendable (_ run: Run) throws(RedisError) -> Result
        ) throws(RedisError) -> Result {
            let session = try connected()
            do throws(RedisError) {
                return try body { (commands) throws(RedisError) in try send(commands, over: session) }
            } catch {
                self.session = nil
                throw error
            }
        }

        private func send(_ commands: [[[UInt8]]], over session: Session) throws(RedisError) -> [Reply] {
            for command in commands { unsafe append(command, to: session.context) }
            var replies: [Reply] = []
            for _ in commands {
                var reply: UnsafeMutableRawPointer?
                let result = Socket.withoutPipeSignal { unsafe redisGetReply(session.context, &reply) }
                guard result == REDIS_OK, let reply = unsafe reply else {
                    let reason = unsafe message(of: session.context)
                    self.session = nil
                    throw RedisError(.lost, "The connection to \(server) was lost: \(reason).")
                }
                defer { unsafe freeReplyObject(reply) }
                replies.append(unsafe Self.read(reply.assumingMemoryBound(to: redisReply.self)))
            }
            return replies
        }

        private func connected() throws(RedisError) -> Session {
            // A server that was restarted has closed its end: there is something to read, and nobody asked for anything.
            if let session, unsafe !Socket.waitForInput(session.context.pointee.fd, .zero) { return session }
            session = nil
            let time = timeval(
                tv_sec: Int(answerTimeout.components.seconds),
                tv_usec: .init(answerTimeout.components.attoseconds / 1_000_000_000_000))
            guard let context = unsafe redisConnectWithTimeout(server.host, server.port, time) else {
                throw RedisError(.unreachable, "There is no memory to connect to \(server) with.")
            }
            let opened = unsafe Session(context)
            guard unsafe context.pointee.err == 0 else {
                throw RedisError(.unreachable, "\(server) cannot be reached: \(unsafe message(of: context)).")
            }
            unsafe redisSetTimeout(context, time)
            var greeting: [[String]] = []
            if let password = server.password {
                greeting.append(["AUTH"] + [server.user].compactMap(\.self) + [password])
            }
            if server.database != 0 { greeting.append(["SELECT", "\(server.database)"]) }
            let replies: [Reply]
            do throws(RedisError) {
                replies = try send(greeting.map { $0.map { Array($0.utf8) } }, over: opened)
            } catch {
                throw RedisError(.unreachable, error.message)
            }
            for case .error(let message) in replies {
                throw RedisError(.unreachable, "\(server) does not let this user in: \(message).")
            }
            session = opened
            return opened
        }

        private func append(_ command: [[UInt8]], to context: UnsafeMutablePointer<redisContext>) {
            let bytes = command.flatMap(\.self)
            unsafe bytes.withUnsafeBytes { block in
                var position = 0
                // An empty block has no start, and then every length is 0.
                var words: [UnsafePointer<CChar>?] = unsafe []
                for word in command {
                    unsafe words.append(
                        block.baseAddress.map { unsafe ($0 + position).assumingMemoryBound(to: CChar.self) })
                    position += word.count
                }
                let lengths = command.map(\.count)
                _ = unsafe redisAppendCommandArgv(context, Int32(command.count), &words, lengths)
            }
        }

        private static func read(_ reply: UnsafeMutablePointer<redisReply>) -> Reply {
            let length = unsafe reply.pointee.len
            let text = unsafe UnsafeRawBufferPointer(
                start: reply.pointee.str, count: reply.pointee.str == nil ? 0 : length)
            switch unsafe reply.pointee.type {
            case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .text(unsafe Array(text))
            case REDIS_REPLY_INTEGER: return .number(Int(unsafe reply.pointee.integer))
            case REDIS_REPLY_ARRAY:
                return .list(
                    unsafe (0..<reply.pointee.elements).compactMap { index in
                        unsafe reply.pointee.element[index].map { unsafe read($0) }
                    })
            case REDIS_REPLY_ERROR: return .error(unsafe String(decoding: text, as: UTF8.self))
            default: return .nothing
            }
        }

        private func message(of context: UnsafeMutablePointer<redisContext>) -> String {
            unsafe withUnsafeBytes(of: context.pointee.errstr) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
    }

    /// A connection of hiredis, which ends with it.
    @safe private final class Session {
        let context: UnsafeMutablePointer<redisContext>

        init(_ context: UnsafeMutablePointer<redisContext>) { unsafe self.context = context }
        deinit { unsafe redisFree(context) }
    }
#endif
