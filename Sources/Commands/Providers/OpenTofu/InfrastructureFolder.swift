import EnvironmentDomain
import OperatingSystem

/// A folder with a user's own `.tf` files and what belongs to them.
struct InfrastructureFolder: Sendable {
    let path: String

    /// One file of the folder.
    struct Entry: Hashable, Sendable {
        /// The path in the folder, for example `modules/host/main.tf`.
        let name: String
        let isProgram: Bool
        let checksum: Checksum
    }

    /// What the folder holds for the tool itself; the playbooks are another's.
    static let playbooks = "playbooks"

    /// What a tool leaves behind in a folder in which it was called by hand; it is never taken for the user's own.
    private static func isLeftBehind(_ name: String) -> Bool {
        name == ".terraform" || name == ".git" || name.hasPrefix("terraform.tfstate") || name == "errored.tfstate"
            || name == ".terraform.tfstate.lock.info" || name == "crash.log" || name.hasSuffix(".tfplan")
    }

    private static let sizeLimit = 64 << 20
    private static let countLimit = 10_000

    /// Looks at the folder.
    ///
    /// - Throws: ``InfrastructureError`` when there is none, or no file for the tool at its top.
    init(_ path: String) throws(InfrastructureError) {
        do {
            self.path = try AbsolutePath(resolving: path).text
        } catch {
            throw InfrastructureError(path: path, reason: error.rule)
        }
        let path = self.path
        let names: [String]
        do {
            names = try Folder(path).names()
        } catch {
            throw InfrastructureError(path: path, reason: error.reason)
        }
        let endings = [".tf", ".tofu", ".tf.json", ".tofu.json"]
        guard names.contains(where: { name in endings.contains(where: name.hasSuffix) }) else {
            throw InfrastructureError(
                path: path, reason: "no file in it ends in .tf, and at least one is expected at its top")
        }
        if names.contains(VariablesFile.name) {
            throw InfrastructureError(
                path: path, reason: "\(VariablesFile.name) stands in it, and that name is used for what is rendered")
        }
    }

    /// All files for the tool, sorted by name.
    func entries() throws(InfrastructureError) -> [Entry] {
        var entries: [Entry] = []
        try collect("", try folder(path), depth: 0, into: &entries)
        return entries.sorted { $0.name < $1.name }
    }

    /// The checksum of everything, the playbooks included.
    func digest() throws(InfrastructureError) -> Checksum {
        var all = try entries()
        let playbooks = "\(path)/\(Self.playbooks)"
        if let folder = try? Folder(playbooks) { try collect("\(Self.playbooks)/", folder, depth: 1, into: &all) }
        let lines = all.sorted { $0.name < $1.name }.map { "\($0.name)\t\($0.isProgram)\t\($0.checksum)\n" }
        return Checksum(of: Array(lines.joined().utf8))
    }

    /// A file's content.
    func read(_ name: String) throws(InfrastructureError) -> [UInt8] {
        do {
            return try OpenFile("\(path)/\(name)", .readFollowingLinks).read(limit: Self.sizeLimit)
        } catch {
            throw InfrastructureError(path: path, reason: "\(name): \(error.reason)")
        }
    }

    private func folder(_ path: String) throws(InfrastructureError) -> Folder {
        do {
            return try Folder(path)
        } catch {
            throw InfrastructureError(path: self.path, reason: "\(path): \(error.reason)")
        }
    }

    private func collect(
        _ prefix: String, _ folder: Folder, depth: Int, into entries: inout [Entry]
    ) throws(InfrastructureError) {
        guard depth < 32 else { throw InfrastructureError(path: path, reason: "\(prefix) lies too deep") }
        let names: [String]
        do {
            names = try folder.names()
        } catch {
            throw InfrastructureError(path: path, reason: "\(prefix): \(error.reason)")
        }
        for name in names where !Self.isLeftBehind(name) && !(depth == 0 && name == Self.playbooks) {
            let relative = prefix + name
            // A link counts as what it leads to: the copy has to stand for itself.
            if let inner = try? Folder("\(path)/\(relative)") {
                try collect("\(relative)/", inner, depth: depth + 1, into: &entries)
                continue
            }
            let bytes = try read(relative)
            guard bytes.count < Self.sizeLimit, entries.count < Self.countLimit else {
                throw InfrastructureError(
                    path: path,
                    reason: "\(relative): a file may have 64 MB and the folder 10000 files, since everything is copied")
            }
            entries.append(
                Entry(
                    name: relative, isProgram: ThisProcess.isProgram("\(path)/\(relative)"),
                    checksum: Checksum(of: bytes)))
        }
    }
}
