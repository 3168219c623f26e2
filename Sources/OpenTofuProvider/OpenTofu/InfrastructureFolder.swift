import Commands
import EnvironmentDomain
import OperatingSystem

/// A user's folder with `.tf` files and the files that belong to them.
struct InfrastructureFolder: Sendable {
    let path: String

    /// A file of the folder.
    struct Entry: Hashable, Sendable {
        /// The path in the folder, for example `modules/host/main.tf`.
        let name: String
        let isProgram: Bool
        let checksum: Checksum
    }

    /// The name of the subfolder with the playbooks, which only Ansible reads.
    static let playbooks = "playbooks"

    /// Returns whether a file was left by OpenTofu or Terraform when a person ran it in the folder; such files are not
    /// copied.
    private static func isLeftBehind(_ name: String) -> Bool {
        name == ".terraform" || name.hasPrefix("terraform.tfstate") || name == "errored.tfstate"
            || name == ".terraform.tfstate.lock.info" || name == "crash.log" || name.hasSuffix(".tfplan")
    }

    private static let sizeLimit = 64 << 20
    private static let countLimit = 10_000

    /// Checks that a folder can be used.
    ///
    /// - Throws: ``InfrastructureError`` when the folder does not exist, has no file for OpenTofu or Terraform at its
    ///   top, or has a file with the name of the generated ``VariablesFile``.
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
            throw InfrastructureError(path: path, reason: error.reason, isMissing: error.isNotFound)
        }
        let endings = [".tf", ".tofu", ".tf.json", ".tofu.json"]
        guard names.contains(where: { name in !name.hasPrefix(".") && endings.contains(where: name.hasSuffix) }) else {
            throw InfrastructureError(
                path: path, reason: "no file in it ends in .tf, and at least one is expected at its top")
        }
        if names.contains(VariablesFile.name) {
            throw InfrastructureError(
                path: path,
                reason: "the name of its file \(VariablesFile.name) is that of the file that is rendered for the "
                    + "environment; rename yours, for example to my.auto.tfvars.json")
        }
    }

    /// The files and folders to copy, and the entries that are left out.
    struct Content: Hashable, Sendable {
        var files: [Entry] = []
        var folders: [String] = []
        var omissions: [FolderListing.Omission] = []
    }

    /// Returns everything that OpenTofu or Terraform may read, sorted by name.
    func content() throws(InfrastructureError) -> Content {
        let listing = try listing("", path, for: .openTofu) { name in
            // The playbooks are copied to another folder.
            if name == Self.playbooks { return "" }
            return Self.isLeftBehind(lastComponent(of: name)) ? "a tool left it that was called by hand" : nil
        }
        var content = Content(omissions: listing.omissions.filter { $0.name != Self.playbooks })
        for entry in listing.entries {
            if entry.isFolder {
                content.folders.append(entry.name)
                continue
            }
            guard entry.size < Self.sizeLimit, content.files.count < Self.countLimit else {
                throw InfrastructureError(
                    path: path,
                    reason:
                        "\(entry.name): a file may have 64 MB and the folder 10000 files, since everything is copied")
            }
            content.files.append(try self.entry(entry, ""))
        }
        content.files.sort { $0.name < $1.name }
        return content
    }

    /// The checksums of the files that OpenTofu or Terraform reads, of those that Ansible reads, and of all files.
    struct Digests: Hashable, Sendable {
        let infrastructure: Checksum
        let playbooks: Checksum
        let whole: Checksum
    }

    /// Returns the checksums, reading every file of the folder once.
    func digests() throws(InfrastructureError) -> Digests {
        let (infrastructure, playbooks) = (try content().files, try playbookFiles())
        func checksum(_ files: [Entry]) -> Checksum {
            let lines = files.sorted { $0.name < $1.name }.map { "\($0.name)\t\($0.isProgram)\t\($0.checksum)\n" }
            return Checksum(of: Array(lines.joined().utf8))
        }
        return Digests(
            infrastructure: checksum(infrastructure), playbooks: checksum(playbooks),
            whole: checksum(infrastructure + playbooks))
    }

    private func playbookFiles() throws(InfrastructureError) -> [Entry] {
        let playbooks = "\(path)/\(Self.playbooks)"
        guard (try? Folder(playbooks)) != nil else { return [] }
        var files: [Entry] = []
        for entry in try listing("\(Self.playbooks)/", playbooks, for: .ansible).entries where !entry.isFolder {
            files.append(try self.entry(entry, "\(Self.playbooks)/"))
        }
        return files
    }

    /// Returns the content of a file.
    func read(_ name: String) throws(InfrastructureError) -> [UInt8] {
        do {
            return try OpenFile("\(path)/\(name)", .readFollowingLinks).read(limit: Self.sizeLimit)
        } catch {
            throw InfrastructureError(path: path, reason: "\(name): \(error.reason)")
        }
    }

    private func entry(_ entry: FolderListing.Entry, _ below: String) throws(InfrastructureError) -> Entry {
        Entry(
            name: below + entry.name, isProgram: entry.isProgram,
            checksum: Checksum(of: try read(below + entry.name)))
    }

    private func listing(
        _ below: String, _ folder: String, for reader: FolderListing.Reader,
        omitting reasonToOmit: (String) -> String? = { _ in nil }
    ) throws(InfrastructureError) -> FolderListing {
        do {
            return try FolderListing(folder, for: reader, omitting: reasonToOmit)
        } catch {
            throw InfrastructureError(path: path, reason: "\(error.path): \(error.reason)")
        }
    }
}
