import OperatingSystem

extension StepContext {
    /// Repeats a check until it succeeds, for example whether a service answers.
    ///
    /// - Parameters:
    ///   - pause: The pause between two attempts.
    ///   - limit: How long to ask; it is asked at least once.
    ///   - isSo: Returns whether it is so; an error ends the asking and is thrown.
    /// - Throws: ``StepError`` with the kind `not_ready` when the time is up.
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
