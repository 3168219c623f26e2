import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The copy of a user's folder that the tool works in.
///
/// It follows the user's folder, so that what was repaired there is used by the next attempt. What the tool adds beside it
/// (its state, its plugins, its lock file) stays.
struct InfrastructureCopy {
    let build: BuildFolder

    /// What was copied, by name.
    private struct Manifest: Codable, Hashable {
        var files: [String: Item] = [:]
        /// Nil in a manifest of an earlier version of the package.
        var folders: [String]?

        init(_ content: InfrastructureFolder.Content = .init()) {
            for entry in content.files {
                files[entry.name] = Item(checksum: entry.checksum, isProgram: entry.isProgram)
            }
            folders = content.folders
        }

        struct Item: Codable, Hashable {
            let checksum: Checksum
            let isProgram: Bool

            enum CodingKeys: String, CodingKey {
                case checksum
                case isProgram = "program"
            }
        }
    }

    /// The names of what was added, changed or removed in the user's folder since it was last followed.
    func changes(in source: InfrastructureFolder) throws -> [String] {
        let (before, now) = (try manifest().files, Manifest(try source.content()).files)
        return Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
    }

    /// Makes the copy what the user's folder is now.
    ///
    /// - Returns: the names of what was added, changed or removed.
    func follow(_ source: InfrastructureFolder) throws -> [String] {
        try follow(source.content(), of: source)
    }

    /// Makes the copy what was found in the user's folder.
    ///
    /// - Returns: the names of what was added, changed or removed.
    func follow(_ content: InfrastructureFolder.Content, of source: InfrastructureFolder) throws -> [String] {
        let before = try manifest()
        let now = Manifest(content)
        let root = try Folder.making(build.infrastructure)
        var changed: [String] = []
        for name in before.files.keys.sorted() where now.files[name] == nil {
            try remove(name, in: root)
            changed.append(name)
        }
        for name in Set(before.folders ?? []).subtracting(content.folders).sorted(by: >) {
            try removeIfEmpty(name, in: root)
        }
        for name in content.folders { _ = try Folder.making(root.path(of: name)) }
        for entry in content.files {
            let (folder, name) = try place(of: entry.name, in: root)
            // The tool adds to its lock file; ours is the user's only until then.
            guard try before.files[entry.name] != now.files[entry.name] || folder.status(of: name) == nil else {
                continue
            }
            try folder.put(try source.read(entry.name), at: name)
            if entry.isProgram { try folder.open(name, .read).setMode(0o700) }
            changed.append(entry.name)
        }
        if now != before {
            let encoder = JSONTextEncoder(style: [.pretty, .sortedNames])
            try build.open().put(try encoder.encode(now), at: BuildFolder.manifest)
        }
        return changed
    }

    private func manifest() throws -> Manifest {
        guard let bytes = try build.read(BuildFolder.manifest) else { return Manifest() }
        // A manifest that cannot be read is no loss: everything is copied again.
        return (try? JSONTextDecoder().decode(Manifest.self, from: bytes)) ?? Manifest()
    }

    private func place(of name: String, in root: Folder) throws -> (folder: Folder, name: String) {
        var folder = root
        let parts = name.parts(at: "/")
        for part in parts.dropLast() { folder = try folder.makingFolder(part) }
        return (folder, parts.last ?? name)
    }

    private func removeIfEmpty(_ name: String, in root: Folder) throws {
        guard let parent = try? Folder(parentPath(of: root.path(of: name)) ?? root.path),
            let folder = try? parent.folder(lastComponent(of: name)), try folder.names().isEmpty
        else { return }
        try parent.removeTree(lastComponent(of: name))
    }

    /// Removes a file, and the folders that it leaves empty: a file may take their place.
    private func remove(_ name: String, in root: Folder) throws {
        let parts = name.parts(at: "/", maxSplits: 1)
        guard parts.count == 2 else {
            try root.remove(name)
            return
        }
        let first = parts[0]
        guard try root.status(of: first)?.kind == .folder else { return }
        let folder = try root.folder(first)
        try remove(parts[1], in: folder)
        if try folder.names().isEmpty { try root.removeTree(first) }
    }
}
