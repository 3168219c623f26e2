/// The severity of a log record.
public enum LogLevel: String, CaseIterable, Codable, Comparable, Hashable, Sendable {
    case debug, info, warning, error

    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}

/// An event with a message and named values.
///
/// Records hold no secrets.
public struct LogRecord: Hashable, Sendable {
    public let timestamp: Timestamp
    public let level: LogLevel
    public let message: String
    public let fields: [Field]

    /// A named value of a record.
    public struct Field: Hashable, Sendable {
        public let name: String
        public let value: String
    }

    public init(
        timestamp: Timestamp = .now(), level: LogLevel, message: String,
        fields: KeyValuePairs<String, String> = [:]
    ) {
        self.init(timestamp: timestamp, level: level, message: message, pairs: fields.map { ($0.key, $0.value) })
    }

    package init(
        timestamp: Timestamp = .now(), level: LogLevel, message: String, pairs: [(String, String)]
    ) {
        self.timestamp = timestamp
        self.level = level
        self.message = message
        fields = pairs.map { Field(name: $0.0, value: $0.1) }
    }

    /// Returns the value of a field; `nil` when the record has no field of that name.
    public subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// The transition that the record is about, from nil for the first state; nil for any other record.
    package var transition: (from: LifecycleState?, to: LifecycleState)? {
        guard let to = self["to_state"].flatMap(LifecycleState.init) else { return nil }
        return (self["from_state"].flatMap(LifecycleState.init), to)
    }

    /// The record as one line of text: `2026-11-20T22:19:01.123Z INFO message name=value …`.
    ///
    /// A value that is empty or holds anything but ASCII letters, digits and `._-:/+@%,` is written as a JSON string.
    public var text: String {
        let values = fields.map { field in
            let isPlain = !field.value.isEmpty && field.value.utf8.allSatisfy(ASCIISet.plain.contains)
            return " \(field.name)=\(isPlain ? field.value : field.value.quotedAsJSON)"
        }
        return "\(timestamp) \(level.rawValue.uppercased()) \(message.withoutControlCharacters)\(values.joined())"
    }

    /// The record as one line of JSON, with the members `timestamp`, `level`, `message` and one for each field.
    public var json: String {
        let members =
            [("timestamp", timestamp.text), ("level", level.rawValue), ("message", message)]
            + fields.map { ($0.name, $0.value) }
        return "{" + members.map { "\($0.0.quotedAsJSON):\($0.1.quotedAsJSON)" }.joined(separator: ",") + "}"
    }
}

extension String {
    /// The text as a JSON string, with its quotation marks (RFC 8259, section 7).
    package var quotedAsJSON: String {
        let isPlain = utf8.allSatisfy {
            (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain { return "\"\(self)\"" }
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

extension Unicode.Scalar {
    var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }
}
