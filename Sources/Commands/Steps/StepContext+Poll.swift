import OperatingSystem

extension StepContext {
    /// Repeats a check until it returns `true`, for example until a service accepts connections.
    ///
    /// - Parameters:
    ///   - pause: The pause between two checks.
    ///   - limit: The longest time to repeat the check; it runs at least once.
    ///   - isSo: The check. An error that it throws is thrown to the caller.
    /// - Throws: ``StepError`` with the kind `not_ready` when the limit has passed, and the errors of the check.
    public func poll(
        every pause: Duration, upTo limit: Duration, _ isSo: () async throws -> Bool
    ) async throws {
        try await poll(options.clock, pause, limit, isSo)
    }

    private func poll(
        _ clock: some Clock<Duration>, _ pause: Duration, _ limit: Duration, _ isSo: () async throws -> Bool
    ) async throws {
        let end = clock.now.advanced(by: limit)
        while try await !isSo() {
            guard clock.now < end else {
                throw StepError(kind: "not_ready", summary: "it was not ready within \(limit.seconds) s")
            }
            try await clock.sleep(until: min(end, clock.now.advanced(by: pause)), tolerance: nil)
        }
    }
}
