import EnvironmentDomain
import OperatingSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What stands in the file in which the tool keeps what it made, or in a copy of it.
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
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes))
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
        struct Content: Decodable {
            let resources: [Resource]?
        }
        struct Resource: Decodable {
            let module: String?
            let type: String
            let name: String
            let instances: [Instance]?
        }
        struct Instance: Decodable {
            let key: JSONValue?
            let status: String?
            enum CodingKeys: String, CodingKey {
                case key = "index_key"
                case status
            }
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else { return nil }
        return Set(
            (content.resources ?? []).flatMap { resource in
                let name = [resource.module, resource.type, resource.name].compactMap(\.self).joined(separator: ".")
                return (resource.instances ?? []).filter { isWanted($0.status) }.map { instance in
                    switch instance.key {
                    case .string(let key): "\(name)[\"\(key)\"]"
                    case let key?: key.integer.map { "\(name)[\($0)]" } ?? name
                    case nil: name
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
