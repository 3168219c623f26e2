import Persistence
import Testing

/// Tests that compare percentiles of a histogram with those of the sorted durations.
struct DurationHistogramTests {
    private func histogram(_ nanoseconds: [Int64]) -> DurationHistogram {
        var histogram = DurationHistogram()
        for number in nanoseconds { histogram.add(.nanoseconds(number)) }
        return histogram
    }

    /// Returns durations of one kind from a generator with a fixed seed.
    private static func durations(_ kind: String) -> [Int64] {
        var random = SeededGenerator(20_261_121)
        return (0..<10_000).map { number in
            switch kind {
            case "alike": 1_234_567
            case "short": Int64.random(in: 0...100, using: &random)
            case "even": Int64.random(in: 1_000...5_000_000, using: &random)
            case "over many powers of two": Int64(1) << Int64.random(in: 0...45, using: &random)
            case "just below a power of two": (Int64(1) << Int64.random(in: 1...45, using: &random)) - 1
            default: number % 100 == 0 ? 2_000_000_000 : Int64.random(in: 300_000...900_000, using: &random)
            }
        }
    }

    @Test(
        arguments: [
            "alike", "short", "even", "over many powers of two", "just below a power of two", "with a long tail",
        ], [0.1, 1, 25, 50, 90, 95, 99, 99.9, 100])
    func aPercentileIsAtMostAThirtySecondAboveTheExactOne(_ kind: String, _ percent: Double) throws {
        let durations = Self.durations(kind)
        let exact = durations.sorted()[Int((percent * Double(durations.count) / 100).rounded(.up)) - 1]
        let found = try #require(histogram(durations).percentile(percent))
        #expect(found >= .nanoseconds(exact))
        #expect(found <= .nanoseconds(exact + exact / 32), "\(found) for \(exact) ns")
    }

    @Test func theEndsTheSumAndTheMeanAreExact() throws {
        let histogram = histogram([7_000_001, 3, 1_000_003])
        #expect(histogram.count == 3)
        #expect(histogram.shortest == .nanoseconds(3))
        #expect(histogram.longest == .nanoseconds(7_000_001))
        #expect(histogram.percentile(100) == .nanoseconds(7_000_001))
        #expect(histogram.total == .nanoseconds(8_000_007))
        #expect(histogram.mean == .nanoseconds(2_666_669))
    }

    @Test func nothingIsKnownBeforeTheFirst() {
        let empty = DurationHistogram()
        #expect(empty.percentile(50) == nil && empty.mean == nil && empty.shortest == nil && empty.longest == nil)
    }

    @Test(arguments: [Duration.seconds(Int64.max / 2), .seconds(300 * 366 * 86_400), .nanoseconds(Int64.max)])
    func theLongestDurationsAreCountedToo(_ duration: Duration) {
        var histogram = DurationHistogram()
        histogram.add(duration)
        #expect(histogram.longest == duration)
        #expect(histogram.percentile(50) ?? .zero > .seconds(9_000_000_000))
    }

    @Test func aNegativeDurationIsZero() {
        var histogram = DurationHistogram()
        histogram.add(.seconds(-1))
        #expect(histogram.percentile(50) == .zero)
    }
}

/// A linear congruential generator (Knuth's MMIX), so that the durations are the same in every run.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
