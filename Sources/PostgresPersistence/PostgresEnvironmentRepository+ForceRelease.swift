#if PostgreSQL
    public import EnvironmentDomain

    extension PostgresEnvironmentRepository: ForceReleasing {
        /// Ends the session of whoever holds an environment; nothing that they still do can be saved.
        ///
        /// What they work at on their machine continues until they notice. Needs the rights of the holder's role, or
        /// `pg_signal_backend`.
        ///
        /// - Parameters:
        ///   - name: the environment.
        ///   - lockID: the holder that was shown to whoever asked for this; another holder is left alone.
        /// - Returns: the holder from whom it was taken, or who had ended without a word; nil when it was free.
        /// - Throws: `RepositoryError` with `conflict` when another holds it, or `notWritable`; nothing is changed.
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
