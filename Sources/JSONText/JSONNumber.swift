/// A JSON number with the digits of its text.
///
/// Two numbers are equal when their values are: `1.10` is equal to `11e-1`, and `9007199254740993` is not equal to
/// `9007199254740992`.
public struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
    /// The number as it is written in the JSON text.
    public let text: String

    /// Creates a number from its text; `nil` when the text is not a JSON number.
    public init?(_ text: String) {
        guard let node = try? JSONDocument(Array(text.utf8)).root, node.kind == .number,
            node.range.count == text.utf8.count
        else { return nil }
        self.text = text
    }

    public init(_ integer: some BinaryInteger) { text = "\(integer)" }

    /// Creates the shortest decimal that converts back to the same number; `nil` for infinities and NaN.
    public init?(_ number: some BinaryFloatingPoint & LosslessStringConvertible) {
        guard number.isFinite else { return nil }
        let text = "\(number)"
        self.text = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    init(known text: String) { self.text = text }

    public var description: String { text }

    /// Returns the value as an integer; `nil` when it is not whole or the type cannot represent it.
    public func integer<Number: FixedWidthInteger>(as type: Number.Type = Int.self) -> Number? {
        if let number = Number(text) { return number }
        let decimal = Decimal(text)
        guard (0...40).contains(decimal.exponent) || decimal.digits.isEmpty else { return nil }
        let zeros = String(repeating: "0", count: decimal.digits.isEmpty ? 1 : decimal.exponent)
        return Number((decimal.isNegative ? "-" : "") + String(decoding: decimal.digits, as: UTF8.self) + zeros)
    }

    /// Returns the value, rounded to the nearest number of the type; `nil` when it is larger than the largest finite
    /// number.
    public func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        as type: Number.Type = Double.self
    ) -> Number? {
        Number(text).flatMap { $0.isFinite ? $0 : nil }
    }

    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.text == right.text || Decimal(left.text) == Decimal(right.text)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(Decimal(text)) }

    /// The value as digits without leading and trailing zeros, and a power of ten.
    private struct Decimal: Hashable {
        var isNegative = false
        var digits: [UInt8] = []
        var exponent = 0

        init(_ text: String) {
            var written = Substring(text)
            if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
                written = text[..<mark]
                let power = text[text.index(after: mark)...]
                // Numbers with an exponent beyond ±2^60 are equal only when their texts are.
                guard let number = Int(power), number.magnitude < 1 << 60 else {
                    digits = written.contains { ("1"..."9").contains($0) } ? Array(text.utf8) : []
                    exponent = digits.isEmpty ? 0 : .max
                    return
                }
                exponent = number
            }
            isNegative = written.hasPrefix("-")
            if let point = written.firstIndex(of: ".") { exponent -= written[point...].utf8.count - 1 }
            digits = written.utf8.filter { (0x30...0x39).contains($0) }
            digits = Array(digits.drop { $0 == 0x30 })
            while digits.last == 0x30 {
                digits.removeLast()
                exponent += 1
            }
            if digits.isEmpty { (isNegative, exponent) = (false, 0) }
        }
    }
}
