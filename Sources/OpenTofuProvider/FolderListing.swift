import Commands
import OperatingSystem

/// The files and folders in a user's folder that are to be copied, with links followed, and what is left out of them.
///
/// Left out is what no tool reads: version control, what editors leave while they work, links that lead nowhere or back
/// to a folder above them, sockets, pipes and devices. None of it is a reason to refuse the folder, unless it has a name
/// that OpenTofu, Terraform or Ansible reads by itself: without that file they would do something else.
struct FolderListing: Sendable {
    /// A file or folder.
    struct Entry: Hashable, Sendable {
        /// The path in the folder, for example `modules/host/main.tf`.
        let name: String
        let isFolder: Bool
        /// Whether anybody may execute the file.
        let isProgram: Bool
        /// Bytes.
        let size: Int
    }

    /// An entry that is left out, and why.
    struct Omission: Hashable, Sendable, CustomStringConvertible {
        let name: String
        let reason: String

        var description: String { "left out \(name): \(reason)" }
    }

    /// In the order of their names, a folder before what is in it.
    private(set) var entries: [Entry] = []
    private(set) var omissions: [Omission] = []
    private let path: String
    private let reader: Reader

    /// The tool that reads files of the folder by their names alone.
    enum Reader {
        case openTofu, ansible

        /// Whether the tool would miss the file, by its path in the folder, without an error.
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
    ///   - reader: The tool for which the folder is.
    ///   - reasonToOmit: Why an entry is left out besides, by its path in the folder; nil for one that is not.
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

    /// Leaves out an entry that cannot be read, unless a tool would read it.
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

    /// What no tool reads, by its name.
    private static func reasonToOmit(_ name: String) -> String? {
        if [".git", ".hg", ".svn"].contains(name) { return "it belongs to version control" }
        let isOfEditor =
            name.hasPrefix(".#") || name.hasSuffix("~") || name.hasPrefix("#") && name.hasSuffix("#")
            || name.hasPrefix(".") && [".swp", ".swo", ".swx"].contains(where: name.hasSuffix)
        if isOfEditor { return "an editor left it" }
        return name == ".DS_Store" ? "the file manager left it" : nil
    }
}

/// A folder that cannot be copied.
struct FolderCopyError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path) cannot be copied: \(reason)" }
}
