/// The TCP port of an SSH server, 1 to 65535.
public struct SSHPort: Codable, Hashable, Sendable, CustomStringConvertible {
    public let number: Int

    /// Creates a port from its number.
    ///
    /// - Throws: ``InvalidValue`` for a number outside 1 to 65535.
    public init(_ number: Int) throws(InvalidValue) {
        guard (1...65535).contains(number) else {
            throw InvalidValue(
                kind: "SSH port", text: "\(number)", rule: "a whole number from 1 to 65535", example: "22")
        }
        self.number = number
    }

    private init(known number: Int) { self.number = number }

    /// The standard port, 22.
    public static let standard = SSHPort(known: 22)

    public var description: String { "\(number)" }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(try container.decode(Int.self))
        } catch let error as InvalidValue {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}
