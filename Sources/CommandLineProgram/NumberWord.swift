/// The parser of numbers on a command line: decimal digits without a sign, an exponent or another base.
public enum NumberWord: Sendable {
    /// Returns the whole number from 0 that a word represents; `nil` for other words.
    public static func whole(_ word: String) -> Int? {
        word.utf8.allSatisfy(isDigit) ? Int(word) : nil
    }

    /// Returns the number from 0, with or without a fraction, that a word such as `10` or `0.5` represents; `nil` for
    /// other words.
    public static func decimal(_ word: String) -> Double? {
        let parts = word.utf8.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) } ? Double(word) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
