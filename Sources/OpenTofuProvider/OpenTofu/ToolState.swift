import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The content of a state file of OpenTofu or Terraform, or of a copy of it.
enum ToolState: Hashable, Sendable {
    case missing
    /// A file of no bytes, which a kill during a write usually leaves.
    case empty
    /// An incomplete file, with the reason.
    case torn(String)
    case whole(Version)

    /// The version of a state.
    struct Version: Codable, Hashable, Sendable {
        /// The lineage, which is created with the first state and never changes.
        let lineage: String
        /// The serial, which grows with each change.
        let serial: Int

        /// Returns whether this version is the other one or a later one of the same lineage.
        func follows(_ other: Version) -> Bool { lineage == other.lineage && serial >= other.serial }
    }

    static let name = "terraform.tfstate"
    /// The name of the file for a state that could not be written to the state file.
    static let errored = "errored.tfstate"

    var version: Version? {
        if case .whole(let version) = self { version } else { nil }
    }

    init(_ bytes: [UInt8]?) {
        guard let bytes else {
            self = .missing
            return
        }
        guard !bytes.isEmpty else {
            self = .empty
            return
        }
        do {
            let version = try JSONTextDecoder().decode(Version.self, from: bytes)
            self = version.lineage.isEmpty ? .torn("it names no lineage") : .whole(version)
        } catch DecodingError.keyNotFound(let key, _) {
            self = .torn("it has no member \(key.stringValue)")
        } catch {
            self = .torn("it is not whole JSON (\(bytes.count) bytes)")
        }
    }

    /// Returns the addresses of the resources in a state; `nil` when the state is incomplete.
    static func addresses(_ bytes: [UInt8]) -> Set<String>? { addresses(bytes) { _ in true } }

    /// Returns the addresses of the resources in a state that are not tainted; `nil` when the state is incomplete.
    static func untainted(_ bytes: [UInt8]) -> Set<String>? { addresses(bytes) { $0 != "tainted" } }

    private static func addresses(_ bytes: [UInt8], with isWanted: (_ status: String?) -> Bool) -> Set<String>? {
        guard let content = try? JSONValue(parsing: bytes), content.object != nil else { return nil }
        return Set(
            (content["resources"]?.array ?? []).flatMap { resource -> [String] in
                let parts = [resource["module"], resource["type"], resource["name"]]
                let name = parts.compactMap { $0?.string }.joined(separator: ".")
                return (resource["instances"]?.array ?? []).filter { isWanted($0["status"]?.string) }.map { instance in
                    switch instance["index_key"] {
                    case .string(let key)?: "\(name)[\(key.quotedForAddress)]"
                    case .number(let key)?: "\(name)[\(key)]"
                    default: name
                    }
                }
            })
    }

    /// Reads a state file in a folder.
    static func read(_ name: String, in folder: Folder) throws(SystemError) -> (state: ToolState, bytes: [UInt8]) {
        do {
            let bytes = try folder.open(name, .read).read()
            return (ToolState(bytes), bytes)
        } catch  where error.isNotFound {
            return (.missing, [])
        }
    }
}

extension String {
    /// The text as OpenTofu and Terraform quote a key in an address, which differs from the quotation in JSON.
    fileprivate var quotedForAddress: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.properties.generalCategory == .control || Self.unprinted.contains(scalar):
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return "\"\(text.replacing("${", with: "$${").replacing("%{", with: "%%{"))\""
    }

    private static let unprinted: Set<Unicode.Scalar> = ["\u{2028}", "\u{2029}", "\u{FEFF}"]
}
