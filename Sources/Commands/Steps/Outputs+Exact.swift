import EnvironmentDomain
import JSONText

extension Outputs {
    /// A line with a JSON object, for an output that the plain form cannot hold, since only OpenTofu, Terraform or
    /// Ansible accept its name, for example `web-address`.
    private struct Exact: Codable {
        let name: String
        let value: String
    }

    /// Returns the line for an output; `nil` when the name or the value is invalid.
    static func exactLine(_ name: String, _ value: String) -> String? {
        guard isName(name), value.utf8.count <= valueLimit, !value.utf8.contains(0),
            let bytes = try? JSONTextEncoder().encode(Exact(name: name, value: value))
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the output in such a line; `nil` when the line is not one.
    static func exact(_ line: ArraySlice<UInt8>) -> (name: String, value: String)? {
        guard line.first == UInt8(ascii: "{"),
            let output = try? JSONTextDecoder().decode(Exact.self, from: Array(line)), isName(output.name)
        else { return nil }
        return (output.name, output.value)
    }

    /// Returns whether a name is valid for an output: at most 100 bytes of letters of any script, digits, underscores
    /// and dashes, with a letter or an underscore first, as in OpenTofu and Terraform.
    static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, name.utf8.count <= 100 else { return false }
        return (first == "_" || first.properties.isIDStart)
            && name.unicodeScalars.allSatisfy { $0 == "-" || $0.properties.isIDContinue }
    }
}
