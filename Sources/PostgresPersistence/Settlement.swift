#if PostgreSQL
    import EnvironmentDomain

    /// What became of a save whose connection was lost.
    struct Settlement: Sendable {
        let repository: PostgresEnvironmentRepository
        let name: EnvironmentName
        let fence: Int
        let saveID: String

        /// Whether the save is there; nil when the server cannot be asked.
        func isSaved() async -> Bool? {
            // Also when the task was cancelled: what is stored must be known all the same.
            await Task {
                let deadline = ContinuousClock.now + repository.settleTimeout
                while true {
                    if let isSaved = try? await ask() { return isSaved }
                    guard .now < deadline else { return nil }
                    // Not faster: a server that stops waits for everybody who knocks.
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
