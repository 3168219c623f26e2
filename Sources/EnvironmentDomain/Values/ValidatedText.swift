/// A text that was checked once, when it was made; its `Decodable` form is checked in the same way.
public protocol ValidatedText: Codable, Hashable, Sendable, CustomStringConvertible, Comparable {
    /// The text.
    var text: String { get }

    /// Checks the text.
    ///
    /// - Throws: ``InvalidValue``, which says what is wrong and shows a valid example.
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
    /// Whether the text is one character of `first` and then any number of `rest`, `length` in all.
    func consists(of first: String, then rest: String, length: ClosedRange<Int>) -> Bool {
        guard length.contains(utf8.count), let start = unicodeScalars.first, first.unicodeScalars.contains(start) else {
            return false
        }
        return unicodeScalars.allSatisfy(rest.unicodeScalars.contains)
    }
}

enum Alphabet {
    static let lower = "abcdefghijklmnopqrstuvwxyz"
    static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    static let digits = "0123456789"
}
