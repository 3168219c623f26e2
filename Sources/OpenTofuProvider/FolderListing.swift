import Commands
import OperatingSystem

/// The files and folders to copy from a user's folder, with links followed, and the entries that are left out.
///
/// Entries that no program reads are left out: version control, temporary files of editors, broken links, links to a
/// folder above them, sockets, pipes and devices. The folder is refused only when a broken link, a socket, a pipe or a
/// device has a name that OpenTofu, Terraform or Ansible would read by itself, since they would behave differently
/// without this file.
struct FolderListing: Sendable {
    /// A file or folder.
    struct Entry: Hashable, Sendable {
        /// The path in the folder, for example `modules/host/main.tf`.
        let name: String
        let isFolder: Bool
        /// Whether any user may execute the file.
        let isProgram: Bool
        /// The size in bytes; 0 for a folder.
        let size: Int
    }

    /// An entry that is left out, and the reason.
    struct Omission: Hashable, Sendable, CustomStringConvertible {
        let name: String
        let reason: String

        var description: String { "left out \(name): \(reason)" }
    }

    /// The entries in the order of their names, with a folder before its content.
    private(set) var entries: [Entry] = []
    private(set) var omissions: [Omission] = []
    private let path: String
    private let reader: Reader

    /// The program that reads files of the folder because of their names.
    enum Reader {
        case openTofu, ansible

        /// Returns whether the program reads a file by itself, and would ignore its absence, given its path in the
        /// folder.
        func reads(_ path: String) -> Bool {
            switch self {
            case .openTofu:
                [".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json"].contains(where: path.ends)
            case .ansible:
                [".yml", ".yaml", ".json", ".cfg"].contains(where: path.ends)
                    || path.parts(at: "/").dropLast().contains { ["group_vars", "host_vars"].contains($0) }
            }
        }
    }

    private static let depthLimit = 32

    /// Lists the folder at `path`.
    ///
    /// - Parameters:
    ///   - path: The path of the folder.
    ///   - reader: The program that reads the folder.
    ///   - reasonToOmit: Returns a further reason to leave out an entry, given its path in the folder; `nil` to keep
    ///     it.
    /// - Throws: ``FolderCopyError`` when the folder cannot be read, is too deep, or must be refused.
    init(
        _ path: String, for reader: Reader, omitting reasonToOmit: (String) -> String? = { _ in nil }
    ) throws(FolderCopyError) {
        self.path = path
        self.reader = reader
        do {
            let folder = try Folder(path)
            try collect(folder, below: "", above: [folder.status()], reasonToOmit)
        } catch let error as SystemError {
            throw FolderCopyError(path: error.subject, reason: error.reason)
        } catch {
            throw (error as? FolderCopyError) ?? FolderCopyError(path: path, reason: "\(error)")
        }
    }

    private mutating func collect(
        _ folder: Folder, below: String, above: [FileStatus], _ reasonToOmit: (String) -> String?
    ) throws {
        for name in try folder.names() {
            let relative = below + name
            if let reason = Self.reasonToOmit(name) ?? reasonToOmit(relative) {
                omit(relative, reason)
                continue
            }
            guard let status = try folder.statusFollowingLinks(of: name) else {
                try omit(unread: relative, "it is a link that leads nowhere")
                continue
            }
            switch status.kind {
            case .folder where above.contains(where: status.isSameFile):
                omit(relative, "it leads back to a folder above it")
            case .folder:
                guard above.count <= Self.depthLimit else {
                    throw FolderCopyError(
                        path: "\(path)/\(relative)", reason: "folders lie more than \(Self.depthLimit) deep")
                }
                entries.append(Entry(name: relative, isFolder: true, isProgram: false, size: 0))
                try collect(
                    Folder("\(path)/\(relative)"), below: relative + "/", above: above + [status], reasonToOmit)
            case .regular:
                entries.append(
                    Entry(
                        name: relative, isFolder: false, isProgram: status.mode & 0o111 != 0, size: status.size))
            case .link, .other: try omit(unread: relative, "it is neither a file nor a folder")
            }
        }
    }

    /// Leaves out an entry that cannot be copied.
    ///
    /// - Throws: ``FolderCopyError`` when the program would read the entry by itself.
    private mutating func omit(unread name: String, _ reason: String) throws(FolderCopyError) {
        guard !reader.reads(name) else {
            throw FolderCopyError(
                path: "\(path)/\(name)",
                reason:
                    "\(reason), and \(reader == .ansible ? "Ansible" : "OpenTofu or Terraform") would read it; put the file there, "
                    + "or rename the entry")
        }
        omit(name, reason)
    }

    private mutating func omit(_ name: String, _ reason: String) {
        omissions.append(Omission(name: name, reason: reason))
    }

    /// Returns the reason for which no program reads an entry of this name; `nil` for none.
    private static func reasonToOmit(_ name: String) -> String? {
        if [".git", ".hg", ".svn"].contains(name) { return "it belongs to version control" }
        let isOfEditor =
            name.hasPrefix(".#") || name.hasSuffix("~") || name.hasPrefix("#") && name.hasSuffix("#")
            || name.hasPrefix(".") && [".swp", ".swo", ".swx"].contains(where: name.hasSuffix)
        if isOfEditor { return "an editor left it" }
        return name == ".DS_Store" ? "the file manager left it" : nil
    }
}

/// An error for a folder that cannot be copied.
struct FolderCopyError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path) cannot be copied: \(reason)" }
}
