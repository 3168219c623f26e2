import Commands
import OperatingSystem

/// The whole content of a user's folder, to be written into an environment's build folder.
///
/// Links are followed, so that the copy does not depend on files outside it. Names that begin with a dot are copied
/// too.
struct FolderCopy: Sendable {
    private struct File: Sendable {
        let path: String
        let bytes: [UInt8]
        let isProgram: Bool
    }

    private var files: [File] = []
    private var folders: [String] = []
    /// The entries that are left out, with the reasons.
    private(set) var omissions: [FolderListing.Omission] = []

    /// The largest total size of the files (bytes).
    private static let sizeLimit = 256 << 20

    /// Reads the folder at `path`; the copy is empty when the folder does not exist.
    init(_ path: String) throws(FolderCopyError) {
        do {
            guard try Folder.exists(path) else { return }
            let listing = try FolderListing(path, for: .ansible)
            omissions = listing.omissions
            guard listing.entries.reduce(0, { $0 + $1.size }) <= Self.sizeLimit else {
                throw FolderCopyError(path: path, reason: "the folder holds more than \(Self.sizeLimit >> 20) MB")
            }
            for entry in listing.entries {
                guard !entry.isFolder else {
                    folders.append(entry.name)
                    continue
                }
                let bytes = try OpenFile("\(path)/\(entry.name)", .readFollowingLinks).read()
                files.append(File(path: entry.name, bytes: bytes, isProgram: entry.isProgram))
            }
        } catch let error as SystemError {
            throw FolderCopyError(path: error.subject, reason: error.reason)
        } catch {
            throw (error as? FolderCopyError) ?? FolderCopyError(path: path, reason: "\(error)")
        }
    }

    /// Writes the content into a folder that has no entry of the same name: folders and programs with mode 0700, other
    /// files with mode 0600.
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
