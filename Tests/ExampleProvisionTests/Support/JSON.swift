import Foundation

/// Any JSON value, for inspection by tests.
enum JSON: Hashable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(_ text: String) throws {
        self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// The member of an object; `.null` for none.
    subscript(name: String) -> JSON { members?[name] ?? .null }

    var text: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }
    var integer: Int? {
        guard case .number(let value) = self else { return nil }
        return Int(exactly: value)
    }
    var number: Double? {
        guard case .number(let value) = self else { return nil }
        return value
    }
    var truth: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }
    var elements: [JSON]? {
        guard case .array(let values) = self else { return nil }
        return values
    }
    var members: [String: JSON]? {
        guard case .object(let values) = self else { return nil }
        return values
    }
}
