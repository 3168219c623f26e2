/// A JSON number, with the digits it is written with.
///
/// Two numbers are equal when their values are: `1.10` and `11e-1` are, `9007199254740993` and `9007199254740992` are not.
public struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
    /// The number as it is written.
    public let text: String

    /// Makes a number from its text; nil when the text is not a JSON number.
    public init?(_ text: String) {
        guard let node = try? JSONDocument(Array(text.utf8)).root, node.kind == .number,
            node.range.count == text.utf8.count
        else { return nil }
        self.text = text
    }

    public init(_ integer: some BinaryInteger) { text = "\(integer)" }

    /// The shortest decimal that is nearer to this number than to any other; nil for infinities and what is not a number.
    public init?(_ number: some BinaryFloatingPoint & LosslessStringConvertible) {
        guard number.isFinite else { return nil }
        let text = "\(number)"
        self.text = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    init(known text: String) { self.text = text }

    public var description: String { text }

    /// The value, when it is a whole number that the type can hold.
    public func integer<Number: FixedWidthInteger>(as type: Number.Type = Int.self) -> Number? {
        if let number = Number(text) { return number }
        let decimal = Decimal(text)
        guard (0...40).contains(decimal.exponent) || decimal.digits.isEmpty else { return nil }
        let zeros = String(repeating: "0", count: decimal.digits.isEmpty ? 1 : decimal.exponent)
        return Number((decimal.isNegative ? "-" : "") + String(decoding: decimal.digits, as: UTF8.self) + zeros)
    }

    /// The value, rounded to the nearest number of the type; nil when it is beyond the largest.
    public func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        as type: Number.Type = Double.self
    ) -> Number? {
        Number(text).flatMap { $0.isFinite ? $0 : nil }
    }

    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.text == right.text || Decimal(left.text) == Decimal(right.text)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(Decimal(text)) }

    /// The value as digits that neither begin nor end with zero, times a power of ten.
    private struct Decimal: Hashable {
        var isNegative = false
        var digits: [UInt8] = []
        var exponent = 0

        init(_ text: String) {
            var written = Substring(text)
            if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
                written = text[..<mark]
                let power = text[text.index(after: mark)...]
                // Beyond all digits that a text can have, all powers of one sign are alike but for their texts.
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
