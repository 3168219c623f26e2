#if Redis
    import CHiRedis
    import OperatingSystem

    /// A connection to a Redis server with its own queue, so that blocking calls occupy no thread of the concurrency
    /// pool.
    ///
    /// It is opened on first use, and again after it was lost.
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

        /// A reply of the server.
        enum Reply: Hashable, Sendable {
            case text([UInt8])
            case number(Int)
            case list([Reply])
            case nothing
            case error(String)
        }

        /// A function that sends commands within an exchange; see ``run(_:)``.
        typealias Run = (_ commands: [[[UInt8]]]) throws(RedisError) -> [Reply]

        /// Sends commands together and returns the replies, error replies among them.
        ///
        /// - Throws: ``RedisError`` with `unreachable` when nothing was sent, or with `lost`.
        func run(_ commands: [[[UInt8]]]) throws(RedisError) -> [Reply] { try send(commands, over: try connected()) }

        /// Runs several exchanges in one session, without commands of other tasks between them.
        ///
        /// A session that ends in between is not reopened. A session in which an exchange failed is closed, which also
        /// ends its WATCH and MULTI.
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
            // A server that was restarted has closed its end. The socket is then readable although no reply is
            // expected.
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
                // An empty block has no address; all lengths are 0 then.
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

    /// An owner of a hiredis connection, which closes it.
    @safe private final class Session {
        let context: UnsafeMutablePointer<redisContext>

        init(_ context: UnsafeMutablePointer<redisContext>) { unsafe self.context = context }
        deinit { unsafe redisFree(context) }
    }
#endif
