import OperatingSystem

/// A folder of the user's, read whole, to be written into an environment's build folder.
///
/// Links are followed, so that the copy needs nothing beside it. Names that begin with a dot are left out.
struct FolderCopy: Sendable {
    private struct File: Sendable {
        let path: String
        let bytes: [UInt8]
        let isProgram: Bool
    }

    private var files: [File] = []
    private var folders: [String] = []
    private var size = 0

    /// How deep folders may lie, so that a link to a folder above it comes to an end, and how much they may hold (bytes).
    private static let depthLimit = 32
    private static let sizeLimit = 256 << 20

    /// Reads everything in `path` but what `isLeftOut` names at its top; nothing when the folder is not there.
    init(_ path: String, leavingOut isLeftOut: (String) -> Bool = { _ in false }) throws(FolderCopyError) {
        do {
            for name in try Folder(path).names() where !isLeftOut(name) {
                try add(name, in: path, below: "", depth: 0)
            }
        } catch let error as SystemError where error.isNotFound && error.subject == path {
            return
        } catch let error as SystemError {
            throw FolderCopyError(path: error.subject, reason: error.reason)
        } catch {
            throw (error as? FolderCopyError) ?? FolderCopyError(path: path, reason: "\(error)")
        }
    }

    private mutating func add(_ name: String, in folder: String, below: String, depth: Int) throws {
        guard !name.begins(with: ".") else { return }
        let path = "\(folder)/\(name)"
        let relative = below + name
        let file = try OpenFile(path, .readFollowingLinks)
        let status = try file.status()
        switch status.kind {
        case .folder:
            guard depth < Self.depthLimit else {
                throw FolderCopyError(path: path, reason: "folders lie more than \(Self.depthLimit) deep")
            }
            folders.append(relative)
            for inner in try Folder(path).names() {
                try add(inner, in: path, below: relative + "/", depth: depth + 1)
            }
        case .regular:
            size += status.size
            guard size <= Self.sizeLimit else {
                throw FolderCopyError(path: path, reason: "the folder holds more than \(Self.sizeLimit >> 20) MB")
            }
            files.append(File(path: relative, bytes: try file.read(), isProgram: status.mode & 0o111 != 0))
        case .link, .other:
            throw FolderCopyError(path: path, reason: "it is neither a file nor a folder")
        }
    }

    /// What tells one content of the folder from another: paths, modes and contents.
    var fingerprint: [UInt8] {
        files.flatMap { Array("\($0.path)\0\($0.isProgram)\0\($0.bytes.count)\0".utf8) + $0.bytes }
    }

    /// Writes everything into a folder in which none of it is yet: folders with mode 0700, files with 0600, programs with
    /// 0700.
    func put(into folder: Folder) throws(SystemError) {
        for path in folders { _ = try Folder.making("\(folder.path)/\(path)") }
        for file in files {
            let parent = try Folder(parentPath(of: "\(folder.path)/\(file.path)") ?? folder.path)
            let copy = try parent.open(lastComponent(of: file.path), .createNew)
            if file.isProgram { try copy.setMode(0o700) }
            try copy.write(file.bytes)
            try copy.close()
        }
    }
}

/// A folder that cannot be copied.
struct FolderCopyError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path) cannot be copied: \(reason)" }
}
