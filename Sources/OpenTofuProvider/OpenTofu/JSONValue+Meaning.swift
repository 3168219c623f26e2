import Commands
import JSONText

extension JSONValue {
    /// The value as one line of JSON with sorted keys.
    var line: String {
        // Only a value that was built deeper than any text may be has none.
        (try? text(.sortedNames)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }

    /// Whether both values mean the same, numbers exactly, and null, an empty string and an empty collection being one.
    ///
    /// A provider that reads a resource again often returns one of these for another.
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

    /// The value as a whole number; also of a string, as OpenTofu and Terraform write the numbers of a map of strings.
    var wholeNumber: Int? {
        switch self {
        case .number(let number): number.integer()
        case .string(let text): text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
        default: nil
        }
    }
}
