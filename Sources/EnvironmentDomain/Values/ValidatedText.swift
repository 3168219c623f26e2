/// A text that was validated when it was created; decoding validates it in the same way.
public protocol ValidatedText: Codable, Hashable, Sendable, CustomStringConvertible, Comparable {
    /// The text.
    var text: String { get }

    /// Creates the value from a valid text.
    ///
    /// - Throws: ``InvalidValue``, which says what is wrong and contains a valid example.
    init(_ text: String) throws(InvalidValue)
}

extension ValidatedText {
    public var description: String { text }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(try container.decode(String.self))
        } catch let error as InvalidValue {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension StringProtocol {
    /// Whether the text is one character of `first` followed by characters of `rest`, with a length in UTF-8 bytes in
    /// `length`.
    func consists(of first: ASCIISet, then rest: ASCIISet, length: ClosedRange<Int>) -> Bool {
        var text = String(self)
        return text.withUTF8 { bytes in
            guard length.contains(bytes.count), unsafe first.contains(bytes[0]) else { return false }
            return unsafe bytes.dropFirst().allSatisfy(rest.contains)
        }
    }
}

/// A set of ASCII characters with one bit for each, which makes the check of every decoded text fast.
struct ASCIISet: OptionSet {
    let rawValue: UInt128

    private static func characters(_ text: StaticString) -> ASCIISet {
        ASCIISet(rawValue: text.description.utf8.reduce(0) { $0 | 1 << UInt128($1) })
    }

    static let lower = characters("abcdefghijklmnopqrstuvwxyz")
    static let upper = characters("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    static let digits = characters("0123456789")
    static let hexadecimal = characters("0123456789abcdef")
    static let colon = characters(":")
    static let dash = characters("-")
    static let dot = characters(".")
    static let percent = characters("%")
    static let underscore = characters("_")
    /// The characters that a log line shows without quotation marks.
    static let plain: ASCIISet = [lower, upper, digits, characters("._-:/+@%,")]

    func contains(_ byte: UInt8) -> Bool {
        let half = byte < 64 ? UInt64(truncatingIfNeeded: rawValue) : UInt64(truncatingIfNeeded: rawValue >> 64)
        return byte < 128 && half >> UInt64(byte & 63) & 1 != 0
    }
}

/// Returns a number as lower-case hexadecimal digits with leading zeros.
func hexadecimal<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(Number.bitWidth / 4)
    for shift in stride(from: Number.bitWidth - 4, through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: number >> Number(shift)) & 15
        digits.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
    return String(decoding: digits, as: UTF8.self)
}
