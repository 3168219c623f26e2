import Commands
import JSONText

extension JSONValue {
    /// The value as one line of JSON with sorted member names.
    var line: String {
        // Encoding fails only for a value that is nested deeper than a JSON text may be.
        (try? text(.sortedNames)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }

    /// Returns whether two values have the same meaning.
    ///
    /// Numbers are compared exactly. Null, an empty string and an empty collection are equal, since a provider that
    /// reads a resource again often returns one of them for another.
    func means(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let left), .object(let right)):
            Set(left.names).union(right.names).allSatisfy { (left[$0] ?? .null).means(right[$0] ?? .null) }
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        default: self == other || isNothing && other.isNothing
        }
    }

    private var isNothing: Bool { [.null, .string(""), .array([]), .object([:])].contains(self) }

    /// The value as an integer; `nil` when it is not one.
    ///
    /// A string of digits counts too, since OpenTofu and Terraform write numbers in a map of strings in this way.
    var wholeNumber: Int? {
        switch self {
        case .number(let number): number.integer()
        case .string(let text): text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
        default: nil
        }
    }
}
