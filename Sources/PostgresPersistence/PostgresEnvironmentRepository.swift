#if PostgreSQL
    public import DocumentStore
    public import EnvironmentDomain
    public import Persistence

    /// A repository that keeps environments in a PostgreSQL database, for many hosts.
    ///
    /// A completed save is as durable as the server promises. Only one session at a time can change an environment, and
    /// a lease ends with its session. Working files (logs, traces, keys) stay on the machine that wrote them.
    public struct PostgresEnvironmentRepository: LoggedRepository {
        public let server: PostgresServer
        public let lockTimeout: Duration
        /// The time that a new holder waits before it continues after one whose session ended without releasing the
        /// lease.
        ///
        /// It waits when the process of the earlier holder may still run, for example on another machine.
        public let takeoverGrace: Duration
        /// The time to try to find out whether a save succeeded whose result was lost.
        public let settleTimeout: Duration
        /// The metrics of the saves of all environments by this value and its copies.
        public let metrics: WriteMetrics
        /// The limits of each environment's kept history, of which only `totalSize` applies.
        public let retention: LogRetention
        public let emergencyRecords: EmergencyRecords?
        /// The level of log records about routine events: a lock that was taken or released, and a save.
        public let routineLogLevel: LogLevel
        let workspaces: AbsolutePath
        let pool: ConnectionPool

        /// Creates a repository; nothing is connected yet.
        ///
        /// - Parameters:
        ///   - server: The database; ``migrate()`` creates its tables.
        ///   - workspaces: The folder of this machine for the environments' working files. A relative path starts at
        ///     the current folder.
        ///   - lockTimeout: The time to wait for another command on the same environment; zero tries once.
        ///   - takeoverGrace: See ``takeoverGrace``. A command that loses its session stops its step within 15 s.
        ///   - settleTimeout: See ``settleTimeout``. It should be long enough for a restart of the server, and much
        ///     shorter than the `takeoverGrace` of all processes that use the database, because the command ends only
        ///     afterwards.
        ///   - retention: The limits of each environment's kept history.
        ///   - emergencyFolder: The folder for states that cannot be saved; `nil` for the user's state folder.
        ///   - routineLogLevel: The level of log records about routine events: locks, saves and checkpoints.
        /// - Throws: `InvalidValue` when `workspaces` is not a valid path.
        public init(
            _ server: PostgresServer, workspaces: String = "data", lockTimeout: Duration = .seconds(10),
            takeoverGrace: Duration = .seconds(30), settleTimeout: Duration = .seconds(10),
            retention: LogRetention = LogRetention(), emergencyFolder: String? = nil,
            routineLogLevel: LogLevel = .debug
        ) throws(InvalidValue) {
            self.server = server
            self.lockTimeout = lockTimeout
            self.takeoverGrace = takeoverGrace
            self.settleTimeout = settleTimeout
            self.retention = retention
            self.routineLogLevel = routineLogLevel
            self.workspaces = try AbsolutePath(resolving: workspaces)
            if let emergencyFolder { _ = try AbsolutePath(resolving: emergencyFolder) }
            metrics = WriteMetrics()
            emergencyRecords = EmergencyRecords(folder: emergencyFolder)
            pool = ConnectionPool(server)
        }

        private init(_ other: PostgresEnvironmentRepository, lockTimeout: Duration) {
            server = other.server
            workspaces = other.workspaces
            takeoverGrace = other.takeoverGrace
            settleTimeout = other.settleTimeout
            metrics = other.metrics
            retention = other.retention
            routineLogLevel = other.routineLogLevel
            emergencyRecords = other.emergencyRecords
            pool = other.pool
            self.lockTimeout = lockTimeout
        }

        /// Returns the same repository with another lock timeout.
        public func withLockTimeout(_ timeout: Duration) -> PostgresEnvironmentRepository {
            PostgresEnvironmentRepository(self, lockTimeout: timeout)
        }

        public func workspace(for name: EnvironmentName) -> Workspace {
            guard let root = try? AbsolutePath("\(workspaces)/\(name)") else {
                preconditionFailure("a name behind a path is a path")
            }
            return Workspace(root: root)
        }

        // MARK: Reading

        public var location: String { server.description }

        public func source(of name: EnvironmentName) -> any LogSource { PostgresLog(repository: self, name: name) }

        public func names() async throws(RepositoryError) -> [EnvironmentName] {
            try await read(Statements.names).map { $0[0] ?? "" }.compactMap { try? EnvironmentName($0) }
        }

        public func holder(of name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
            guard let row = try await read(Statements.holder, [name.text]).first else { return nil }
            // The row keeps the record of an earlier session until the new session has written its own.
            let holder = row.number(1) == row.number(2) ? row.holder(0) : nil
            return holder ?? LeaseHolder()
        }

        /// Returns the last holder if it ended without releasing the environment; `nil` for none.
        public func abandoned(_ name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
            guard try await holder(of: name) == nil else { return nil }
            return try await read(Statements.abandoned, [name.text]).first?.holder(0)
        }

        /// Returns the place of the environment, for messages.
        func place(of name: EnvironmentName) -> String { "\(name) in the database (\(server))" }

        /// Runs a read-only statement; if the session had ended, once more over a new connection.
        func read(_ statement: String, _ parameters: [String?] = []) async throws(RepositoryError) -> Rows {
            do {
                do {
                    return try await readOnce(statement, parameters, isNew: false)
                } catch let error as PostgresError where error.kind == .lost {
                    return try await readOnce(statement, parameters, isNew: true)
                }
            } catch {
                throw failure(error, .readStateFailed, "The environments of \(server) cannot be read")
            }
        }

        private func readOnce(_ statement: String, _ parameters: [String?], isNew: Bool) async throws -> Rows {
            let connection = try await connect(isNew: isNew)
            let rows = try await connection.run(statement, parameters)
            await pool.giveBack(connection)
            return rows
        }

        /// Returns a session of a database whose schema version this module supports.
        func connect(isNew: Bool = false) async throws -> Connection {
            let connection = try await pool.take(isNew: isNew)
            guard await !connection.isChecked else { return connection }
            do {
                let version = try await connection.run(Statements.version).first?.number(0) ?? 0
                try check(version)
                await connection.markChecked()
                return connection
            } catch let error as PostgresError
                where [SQLState.undefinedTable, SQLState.invalidSchemaName].contains(error.sqlState)
            {
                try check(0)
                throw error
            }
        }

        private func check(_ version: Int) throws(RepositoryError) {
            if version > Migration.newest {
                throw RepositoryError(
                    .schemaTooNew,
                    "The tables in \(server) have schema version \(version), and this program knows versions up to "
                        + "\(Migration.newest). Nothing was changed. Use the newer program that made them.")
            }
            if version < Migration.newest {
                let what =
                    version == 0
                    ? "There are no tables for environments in \(server)"
                    : "The tables in \(server) have schema version \(version), and this program needs \(Migration.newest)"
                throw RepositoryError(
                    .storeNotPrepared,
                    "\(what). Nothing was changed. The role that owns the database makes them, in Swift with migrate()."
                )
            }
        }

        // MARK: Errors

        /// Returns the repository's error for an error of the server or of the connection.
        func failure(_ error: any Error, _ code: RepositoryError.Code, _ what: String) -> RepositoryError {
            if let error = error as? RepositoryError { return error }
            guard let error = error as? PostgresError else {
                return RepositoryError(code, "\(what): \(error).", cause: error)
            }
            let advice =
                switch error.kind {
                case .unreachable, .noAnswer, .lost:
                    "Check that the server runs, that this machine reaches it, and that the user may connect."
                case .pooler, .interrupted, .invalidConnectionString: ""
                case .refused where error.sqlState == SQLState.insufficientPrivilege:
                    "Grant the user the rights that the page on running it lists."
                case .refused where error.sqlState == SQLState.diskFull: "Free some space on the server's disk."
                case .refused where error.sqlState == SQLState.readOnlyTransaction:
                    "Connect to the primary server (target_session_attrs=read-write)."
                case .refused: ""
                }
            let text = error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
            return RepositoryError(
                code, ["\(what): \(text).", advice].filter { !$0.isEmpty }.joined(separator: " "), cause: error)
        }
    }

    extension Row {
        /// Returns the holder in a column; `nil` for NULL and for text that is not a record.
        func holder(_ column: Int) -> LeaseHolder? { self[column].flatMap { LeaseHolder(record: Array($0.utf8)) } }
    }

    extension LeaseHolder {
        /// The record as the parameter of a statement.
        var recordText: String { String(decoding: record, as: UTF8.self) }
    }
#endif
