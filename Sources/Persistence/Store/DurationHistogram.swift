/// Durations, counted in so many buckets that a percentile is at most 1/32 too large, whatever their number.
///
/// The buckets are those of an HdrHistogram (Gil Tene, <https://github.com/HdrHistogram/HdrHistogram>): each power of two of
/// nanoseconds is divided into 32 equal parts. That takes 8 bytes a bucket up to that of the longest duration, for example
/// 4 KB for a millisecond and 10 KB for an hour, and never more than 15 KB.
public struct DurationHistogram: Hashable, Sendable {
    /// How many durations were counted.
    public private(set) var count = 0
    /// All durations together.
    public private(set) var total: Duration = .zero
    /// The shortest duration; nil before the first.
    public private(set) var shortest: Duration?
    /// The longest duration; nil before the first.
    public private(set) var longest: Duration?
    private var counts: [Int] = []

    /// Makes an empty histogram.
    public init() {}

    /// The mean; nil before the first duration.
    public var mean: Duration? { count == 0 ? nil : total / count }

    /// Counts a duration; a negative one is zero.
    public mutating func add(_ duration: Duration) {
        let duration = max(.zero, duration)
        let bucket = Self.bucket(of: duration.nanoseconds)
        if bucket >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: bucket + 1 - counts.count))
        }
        counts[bucket] += 1
        count += 1
        total += duration
        shortest = min(shortest ?? duration, duration)
        longest = max(longest ?? duration, duration)
    }

    /// The duration that so many percent of all do not exceed.
    ///
    /// It is not below the exact one (the nearest rank) and at most 1/32 above it; 100 percent is the longest, exactly.
    ///
    /// - Parameter percent: more than 0, up to 100.
    /// - Returns: nil before the first duration.
    public func percentile(_ percent: Double) -> Duration? {
        guard let longest else { return nil }
        let rank = max(1, Int((percent * Double(count) / 100).rounded(.up)))
        guard rank < count else { return longest }
        var seen = 0
        for (bucket, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return min(longest, .nanoseconds(Self.last(of: bucket))) }
        }
        return longest
    }

    private static let parts = 32
    /// The bits of a number below ``parts``.
    private static let partBits = 5

    private static func bucket(of nanoseconds: Int64) -> Int {
        let shift = max(0, nanoseconds.bitWidth - nanoseconds.leadingZeroBitCount - partBits - 1)
        return shift * parts + Int(nanoseconds >> shift)
    }

    /// The longest duration in a bucket (nanoseconds).
    private static func last(of bucket: Int) -> Int64 {
        // Everything below twice the number of parts has a bucket of its own.
        let shift = max(0, bucket / parts - 1)
        return (Int64(bucket - shift * parts) << shift) | (1 << shift - 1)
    }
}

extension Duration {
    /// As many as there are, up to 292 years.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < Int64.max / 1_000_000_000 else { return .max }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
