/// The times of one contestant, one for each round (nanoseconds).
struct Series {
    let name: String
    var samples: [UInt64] = []

    var median: Double { quantile(0.5) }
    var p99: Double { quantile(0.99) }

    private func quantile(_ part: Double) -> Double {
        guard !samples.isEmpty else { return .nan }
        let sorted = samples.sorted()
        let place = part * Double(sorted.count - 1)
        let low = Int(place)
        let high = min(low + 1, sorted.count - 1)
        return Double(sorted[low]) + (Double(sorted[high]) - Double(sorted[low])) * (place - Double(low))
    }

    /// Returns the ratio of the medians, with the interval that contains it in 95 of 100 resamplings of the rounds
    /// (bootstrap).
    func ratio(to floor: Series) -> Ratio {
        let value = median / floor.median
        guard samples.count > 1 && floor.samples.count > 1 else { return Ratio(value: value, low: value, high: value) }
        // Rounds are resampled in pairs; series that were not measured in rounds are resampled independently.
        let isPaired = samples.count == floor.samples.count
        var random = SplitMix64(state: 20)
        let redrawn = (0..<200).map { _ in
            let rounds = samples.indices.map { _ in Int.random(in: samples.indices, using: &random) }
            let others =
                isPaired
                ? rounds : floor.samples.indices.map { _ in Int.random(in: floor.samples.indices, using: &random) }
            let above = Series(name: name, samples: rounds.map { samples[$0] })
            let below = Series(name: floor.name, samples: others.map { floor.samples[$0] })
            return above.median / below.median
        }.sorted()
        return Ratio(value: value, low: redrawn[5], high: redrawn[194])
    }
}

struct Ratio {
    let value: Double
    let low: Double
    let high: Double
}

/// A small random number generator with a seed (Steele, Lea and Flood 2014), so that two runs use the same order.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
