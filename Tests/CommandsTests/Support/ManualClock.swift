import Synchronization

/// A clock whose short sleeps end immediately and advance the time, and whose long sleeps last until they are
/// cancelled.
final class ManualClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let limit: Duration
    private let state = Mutex((now: Instant(offset: .zero), sleeps: [Duration]()))

    /// Creates a clock.
    ///
    /// - Parameter limit: The longest sleep that ends immediately.
    init(skipping limit: Duration = .seconds(120)) { self.limit = limit }

    var now: Instant { state.withLock(\.now) }
    var minimumResolution: Duration { .zero }
    /// The sleeps that ended immediately.
    var sleeps: [Duration] { state.withLock(\.sleeps) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let isSkipped = state.withLock { state in
            let duration = state.now.duration(to: deadline)
            guard duration <= limit else { return false }
            state.now = max(state.now, deadline)
            state.sleeps.append(duration)
            return true
        }
        if !isSkipped { try await Task.sleep(for: .seconds(86_400)) }
    }
}
