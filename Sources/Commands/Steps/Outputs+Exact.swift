import EnvironmentDomain
import JSONText

extension Outputs {
    /// An output that a line `name=value` cannot hold, since its value has several lines or its name is one that only
    /// OpenTofu, Terraform and Ansible know, such as `web-address`: a line with a JSON object.
    private struct Exact: Codable {
        let name: String
        let value: String
    }

    /// The line for an output of any value; nil when the name or the value is not possible.
    static func exactLine(_ name: String, _ value: String) -> String? {
        guard isName(name), value.utf8.count <= valueLimit, !value.utf8.contains(0),
            let bytes = try? JSONTextEncoder().encode(Exact(name: name, value: value))
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads such a line; nil for any other.
    static func exact(_ line: ArraySlice<UInt8>) -> (name: String, value: String)? {
        guard line.first == UInt8(ascii: "{"),
            let output = try? JSONTextDecoder().decode(Exact.self, from: Array(line)), isName(output.name)
        else { return nil }
        return (output.name, output.value)
    }

    /// Whether a name is an identifier of OpenTofu and Terraform: letters of any script, digits, underscores and dashes,
    /// no digit or dash first.
    static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, name.utf8.count <= 100 else { return false }
        return (first == "_" || first.properties.isIDStart)
            && name.unicodeScalars.allSatisfy { $0 == "-" || $0.properties.isIDContinue }
    }
}
