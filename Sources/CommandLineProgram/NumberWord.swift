/// Numbers as words of a command line: decimal digits as people write them, without a sign, an exponent or another base.
public enum NumberWord: Sendable {
    /// The whole number from 0 that a word is; `nil` for any other word.
    public static func whole(_ word: String) -> Int? {
        word.utf8.allSatisfy(isDigit) ? Int(word) : nil
    }

    /// The number from 0, with or without a fraction, that a word is, such as `10` or `0.5`; `nil` for any other word.
    public static func decimal(_ word: String) -> Double? {
        let parts = word.utf8.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) } ? Double(word) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
