import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The copy of a user's folder in which OpenTofu or Terraform runs.
///
/// The copy is updated from the user's folder, so that the next attempt uses files that were fixed there. Files that
/// OpenTofu or Terraform adds (state, plugins, lock file) are kept.
struct InfrastructureCopy {
    let build: BuildFolder

    /// The files and folders that were copied, by name.
    private struct Manifest: Codable, Hashable {
        var files: [String: Item] = [:]
        /// The folders; `nil` in a manifest of an earlier version of the package.
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

    /// Returns the names of the files that were added, changed or removed in the user's folder since the last update.
    func changes(in source: InfrastructureFolder) throws -> [String] {
        let (before, now) = (try manifest().files, Manifest(try source.content()).files)
        return Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
    }

    /// Updates the copy from the user's folder.
    ///
    /// - Returns: The names of the files that were added, changed or removed.
    func follow(_ source: InfrastructureFolder) throws -> [String] {
        try follow(source.content(), of: source)
    }

    /// Updates the copy from a listing of the user's folder.
    ///
    /// - Returns: The names of the files that were added, changed or removed.
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
            // Compare with the manifest, not with the copied file: OpenTofu or Terraform extends the copied lock file.
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
        // Without a valid manifest, everything is copied again.
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

    /// Removes a file and the folders that become empty, so that a file can take the place of a folder.
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
