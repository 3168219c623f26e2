import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The content of the file in which the tool keeps what it made, or of a copy of it.
enum ToolState: Hashable, Sendable {
    case missing
    /// A file of no bytes: what a kill while it was written leaves most often.
    case empty
    /// A file that is not whole, and why.
    case torn(String)
    case whole(Version)

    /// Which state it is.
    struct Version: Codable, Hashable, Sendable {
        /// Made with the first state and never changed.
        let lineage: String
        /// Grows with each change.
        let serial: Int

        /// Whether this is the other state or a later one of it.
        func follows(_ other: Version) -> Bool { lineage == other.lineage && serial >= other.serial }
    }

    static let name = "terraform.tfstate"
    /// Where the tool puts a state that it could not put in its place.
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

    /// The addresses of the resources that a state holds; nil when it is not whole.
    static func addresses(_ bytes: [UInt8]) -> Set<String>? { addresses(bytes) { _ in true } }

    /// The addresses of the resources that a state holds as whole; nil when it is not whole itself.
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

    /// Reads a file of the folder.
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
    /// The text as OpenTofu and Terraform quote a key in an address, which is not as JSON quotes it.
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
