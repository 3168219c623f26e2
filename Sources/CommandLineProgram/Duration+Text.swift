import OperatingSystem

extension Duration {
    /// The duration in seconds with two decimals, or with one from 10 s on, for example `0.42 s`.
    public var text: String {
        let hundredths = Int((seconds * 100).rounded())
        if hundredths >= 1000 { return "\(hundredths / 100).\(hundredths / 10 % 10) s" }
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10) s"
    }
}
