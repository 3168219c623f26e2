#if PostgreSQL
    import EnvironmentDomain

    /// The investigation of a save whose connection was lost.
    struct Settlement: Sendable {
        let repository: PostgresEnvironmentRepository
        let name: EnvironmentName
        let fence: Int
        let saveID: String

        /// Returns whether the save succeeded; `nil` when the server cannot be asked.
        func isSaved() async -> Bool? {
            // A task of its own runs to the end even when this task was cancelled, because the stored state must be
            // known.
            await Task {
                let deadline = ContinuousClock.now + repository.settleTimeout
                while true {
                    if let isSaved = try? await ask() { return isSaved }
                    guard .now < deadline else { return nil }
                    // At least 250 ms, because a server that shuts down waits for every new connection.
                    try? await Task.sleep(for: .milliseconds(250))
                }
            }.value
        }

        private func ask() async throws -> Bool {
            let connection = try await repository.pool.take(isNew: true)
            try await connection.run(Statements.fenceOff, [name.text, "\(fence)"], within: .seconds(5))
            let row = try await connection.run(Statements.isSaved, [name.text, saveID], within: .seconds(5)).first
            await repository.pool.giveBack(connection)
            return row?.isTrue(0) ?? false
        }
    }
#endif
