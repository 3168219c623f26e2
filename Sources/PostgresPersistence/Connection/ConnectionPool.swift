#if PostgreSQL
    import EnvironmentDomain

    /// A pool of sessions.
    ///
    /// Each session is used by one lease or one reader at a time.
    actor ConnectionPool {
        nonisolated let server: PostgresServer
        private var idle: [Connection] = []
        private var hasWarned = false
        /// The maximum number of idle sessions; others are closed when they are returned.
        private let limit = 4

        init(_ server: PostgresServer) {
            self.server = server
        }

        /// Returns a session that is ready for use.
        ///
        /// - Parameter isNew: Whether the session must be newly opened.
        func take(isNew: Bool = false) async throws -> Connection {
            while !isNew, let connection = idle.popLast() {
                // The server may have closed it in the meantime.
                if await !connection.isLost() { return connection }
            }
            let connection = Connection(server)
            try await connection.open()
            try await begin(connection)
            return connection
        }

        /// Returns a session to the pool, or closes it when it is not idle or the pool is full.
        func giveBack(_ connection: Connection) async {
            guard idle.count < limit, await connection.isIdle else { return await connection.close() }
            idle.append(connection)
        }

        private func begin(_ connection: Connection) async throws {
            let facts = try await connection.run(Statements.session(await connection.serverVersion)).first
            guard let facts, facts.number(0) == (await connection.backend) else {
                await connection.close()
                throw PostgresError(
                    .pooler,
                    "Between this program and the server (\(server)) is a connection pooler, and a lease needs a session "
                        + "of its own: behind a pooler the lock would stay with a session that others get. Connect to the "
                        + "server itself.")
            }
            guard !hasWarned else { return }
            hasWarned = true
            for (setting, column) in [("fsync", 1), ("full_page_writes", 2)] where facts[column] == "off" {
                EnvironmentLog.log(
                    LogRecord(
                        level: .warning, message: "the server does not keep saves through a crash or power cut",
                        fields: ["server": server.description, "setting": "\(setting)=off"]))
            }
        }
    }
#endif
