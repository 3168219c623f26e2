#if PostgreSQL
    public import EnvironmentDomain

    extension PostgresEnvironmentRepository: ForceReleasing {
        /// Takes an environment away from its holder by ending the holder's session; the holder can save nothing more.
        ///
        /// The holder's own processes continue until the holder notices. The call needs the rights of the holder's
        /// role, or `pg_signal_backend`.
        ///
        /// - Parameters:
        ///   - name: The environment's name.
        ///   - lockID: The lock that was shown to the person who asked for this; another holder is not affected.
        /// - Returns: The holder that lost the environment, or that had ended without releasing it; `nil` when the
        ///   environment was free.
        /// - Throws: `RepositoryError` with `conflict` when another holder has the environment, or with `notWritable`.
        ///   Nothing is changed then.
        @discardableResult
        public func forceRelease(
            _ name: EnvironmentName, heldBy lockID: LockID?
        ) async throws(RepositoryError) -> LeaseHolder? {
            guard let row = try await read(Statements.record, [name.text]).first, let fence = row[0] else { return nil }
            let held = try await holder(of: name)
            guard let holder = held ?? row.holder(1) else { return nil }
            guard lockID == nil || holder.lockID == lockID else {
                throw RepositoryError(
                    .conflict, "\(name) is held by another by now: \(holder). Nothing was changed. Look again.",
                    holder: holder)
            }
            do {
                let connection = try await connect(isNew: true)
                let done = try await connection.run(Statements.forceRelease, [name.text, fence]).first
                await pool.giveBack(connection)
                guard done?.number(0) == 1 else {
                    throw RepositoryError(
                        .conflict, "\(name) was released or taken over a moment ago. Nothing was changed. Look again."
                    )
                }
            } catch {
                throw failure(
                    error, .notWritable, "\(name) could not be taken away from \(holder), and nothing was changed")
            }
            log(.warning, "lock taken away from its holder", name, "holder", "\(holder)")
            return holder
        }
    }
#endif
