#if PostgreSQL
    public import EnvironmentDomain

    extension PostgresEnvironmentRepository {
        /// Creates the tables, or migrates them to the current schema version, in one transaction; does nothing when
        /// they are current.
        ///
        /// The user needs the right to create a schema in the database, or must own the existing schema.
        ///
        /// - Returns: The schema version before the call, 0 for no tables, and the version after it.
        /// - Throws: `RepositoryError` with `schemaTooNew`, `notWritable` or `writeStateFailed`. Nothing is changed
        ///   then.
        @discardableResult
        public func migrate() async throws(RepositoryError) -> (from: Int, to: Int) {
            do {
                let connection = try await pool.take(isNew: true)
                do {
                    let versions = try await migrate(over: connection)
                    await connection.close()
                    return versions
                } catch {
                    await connection.close()
                    throw error
                }
            } catch {
                let code: RepositoryError.Code =
                    (error as? PostgresError)?.sqlState == SQLState.insufficientPrivilege
                    ? .notWritable : .writeStateFailed
                throw failure(error, code, "The tables in \(server) could not be made, and nothing was changed")
            }
        }

        private func migrate(over connection: Connection) async throws -> (from: Int, to: Int) {
            let encoding = try await connection.run("SELECT current_setting('server_encoding')").first?[0]
            guard encoding == "UTF8" else {
                throw RepositoryError(
                    .writeStateFailed,
                    "The database (\(server)) has the encoding \(encoding ?? "unknown"), and documents are UTF-8. Make one with "
                        + "CREATE DATABASE … ENCODING 'UTF8'.")
            }
            // Closing the connection rolls everything back.
            try await connection.run("BEGIN")
            // The lock permits one migration at a time; its number is the first eight letters of "typed-environments".
            try await connection.run("SELECT pg_advisory_xact_lock(\(0x7479_7065_642D_656E))")
            let isThere = try await connection.run("SELECT to_regclass('typed_environments.migrations') IS NOT NULL")
                .first
            if isThere?.isTrue(0) != true { try await connection.run(Migration.beginning) }
            let version = try await connection.run(Statements.version).first?.number(0) ?? 0
            guard version <= Migration.newest else {
                throw RepositoryError(
                    .schemaTooNew,
                    "The tables in \(server) have schema version \(version), and this program knows versions up to "
                        + "\(Migration.newest). Nothing was changed. Use the newer program that made them.")
            }
            for migration in Migration.all where migration.version > version {
                try await connection.run(migration.statements)
                if let upgrade = migration.upgrade { try await connection.run(upgrade) }
                try await connection.run(
                    "INSERT INTO typed_environments.migrations (version) VALUES ($1::integer)", ["\(migration.version)"]
                )
            }
            try await connection.run("COMMIT")
            return (version, Migration.newest)
        }
    }
#endif
