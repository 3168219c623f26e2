#if PostgreSQL
    public import DocumentStore
    public import EnvironmentDomain
    public import Persistence

    /// Keeps environments in a PostgreSQL database, for many hosts.
    ///
    /// A save that returned is in the database as durably as the server promises; one session at a time changes an
    /// environment, and a lease ends with its session. Working files (logs, traces, keys) stay on the machine that wrote them.
    public struct PostgresEnvironmentRepository: LoggedRepository {
        public let server: PostgresServer
        public let lockTimeout: Duration
        /// How long a new holder waits before it continues after one whose session ended without a word and whose process may
        /// still be at work, on another machine for example.
        public let takeoverGrace: Duration
        /// How long to try to find out what became of a save whose answer never came.
        public let settleTimeout: Duration
        /// The saves of all environments so far, by this value and its copies.
        public let metrics: WriteMetrics
        /// How much of each environment's past is kept; its `totalSize` is what counts here.
        public let retention: LogRetention
        public let emergencyRecords: EmergencyRecords?
        /// The level at which the log tells what happens in order: a lock taken and released, a save.
        public let routineLogLevel: LogLevel
        let workspaces: AbsolutePath
        let pool: ConnectionPool

        /// Describes a repository; nothing is connected yet.
        ///
        /// - Parameters:
        ///   - server: the database; its tables are made by ``migrate()``.
        ///   - workspaces: the folder of this machine for the environments' working files. A relative path starts at the
        ///     current folder.
        ///   - lockTimeout: how long to wait for another command on the same environment; zero tries once.
        ///   - takeoverGrace: see ``takeoverGrace``. A command that loses its session stops its step within 15 s.
        ///   - settleTimeout: see ``settleTimeout``; long enough for a server to start again, and well below the grace of
        ///     all who use the database, since the command is not over before.
        ///   - retention: how much of each environment's past is kept.
        ///   - emergencyFolder: where a state goes that cannot be saved; nil for the user's state folder.
        ///   - routineLogLevel: see ``routineLogLevel``.
        /// - Throws: `InvalidValue` when `workspaces` cannot be a path.
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

        /// The same repository with another lock timeout.
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
            // A record of an earlier session is there until the new one has written its own.
            let holder = row.number(1) == row.number(2) ? row.holder(0) : nil
            return holder ?? LeaseHolder()
        }

        /// The holder that ended without releasing the environment; `nil` when there is none.
        public func abandoned(_ name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
            guard try await holder(of: name) == nil else { return nil }
            return try await read(Statements.abandoned, [name.text]).first?.holder(0)
        }

        /// Where the environment is, for messages.
        func place(of name: EnvironmentName) -> String { "\(name) in the database (\(server))" }

        /// Runs a statement that changes nothing; once more, over a new connection, when the old one had ended.
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

        /// A session of a database whose tables are the ones that this program knows.
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

        /// An error of the server or of the way to it, as the repository's.
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
        /// A holder's record; nil for NULL and for what is none.
        func holder(_ column: Int) -> LeaseHolder? { self[column].flatMap { LeaseHolder(record: Array($0.utf8)) } }
    }

    extension LeaseHolder {
        /// The record as a parameter of a statement.
        var recordText: String { String(decoding: record, as: UTF8.self) }
    }
#endif
