/// A series of measured times.
struct Series {
    private var times: [Duration] = []

    mutating func add(_ time: Duration) { times.append(time) }
    var count: Int { times.count }
    var median: String { text(0.5) }
    var p99: String { text(0.99) }

    private func text(_ part: Double) -> String {
        guard !times.isEmpty else { return "-" }
        let sorted = times.sorted()
        let time = sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
        let milliseconds = Double(time.components.seconds) * 1000 + Double(time.components.attoseconds) / 1e15
        let digits = milliseconds < 10 ? 100.0 : 1.0
        let rounded = (milliseconds * digits).rounded() / digits
        return digits == 1 ? "\(Int(rounded)) ms" : "\(rounded) ms"
    }
}
