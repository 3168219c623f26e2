import Commands
import EnvironmentDomain
import OperatingSystem

/// A reference in a user's files to a path outside the infrastructure folder, for example `source =
/// "../../modules/net"`.
///
/// Only the folder is copied, so OpenTofu, Terraform and Ansible would not find the path. To use a module or file
/// outside the folder, make a link in the folder; links are followed when the folder is copied.
struct OutsideReference: Hashable, Sendable {
    /// The path of the file in the infrastructure folder.
    let file: String
    let line: Int
    /// The path, as written in the file.
    let reference: String
    /// The path, relative to ``folder``, of the first folder or file outside it.
    let target: String
    /// The path of the folder that is copied: the infrastructure folder or its playbooks.
    let folder: String

    /// Checks that no file refers to an existing path that would not be copied.
    ///
    /// - Throws: ``InfrastructureError`` with the place in the file and the command that makes a link.
    static func check(_ folder: InfrastructureFolder) throws(InfrastructureError) {
        var search = Search(root: folder.path, isOfAnsible: false)
        var found: OutsideReference?
        for file in try folder.content().files where found == nil && Search.isOfTool(file.name) {
            found = search.first(in: file.name, try folder.read(file.name))
        }
        let playbooks = "\(folder.path)/\(InfrastructureFolder.playbooks)"
        if found == nil, (try? Folder(playbooks)) != nil, let listing = try? FolderListing(playbooks, for: .ansible) {
            search = Search(root: playbooks, isOfAnsible: true)
            for entry in listing.entries where found == nil && !entry.isFolder && Search.isOfAnsible(entry.name) {
                found = search.first(
                    in: entry.name, try folder.read("\(InfrastructureFolder.playbooks)/\(entry.name)"))
            }
        }
        guard let found else { return }
        let link = lastComponent(of: found.target)
        let name = (try? Folder(found.folder).status(of: link)) == nil ? link : "outside-\(link)"
        throw InfrastructureError(
            path: folder.path,
            reason:
                "\(found.file):\(found.line): \(found.reference) leads out of \(found.folder), of which only the content "
                + "is copied. Make a link, which is followed when the folder is copied (ln -s "
                + "\(found.target.quotedForShell) \("\(found.folder)/\(name)".quotedForShell)), and write the path through "
                + "\(name) in its place")
    }
}

/// A search for references in the text of files.
private struct Search {
    let root: String
    let isOfAnsible: Bool

    static func isOfTool(_ name: String) -> Bool {
        [".tf", ".tofu", ".tf.json", ".tofu.json"].contains(where: name.hasSuffix)
    }

    static func isOfAnsible(_ name: String) -> Bool {
        [".yml", ".yaml", "ansible.cfg"].contains(where: name.hasSuffix)
    }

    func first(in file: String, _ bytes: [UInt8]) -> OutsideReference? {
        guard bytes.count < 1 << 20 else { return nil }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            let start = text.drop(while: \.isWhitespace)
            guard text.contains("../"), !start.hasPrefix("#"), !start.hasPrefix("//"), !start.hasPrefix(";") else {
                continue
            }
            for reference in references(in: text) {
                guard let target = target(of: reference, in: file) else { continue }
                let below = isOfAnsible ? "\(InfrastructureFolder.playbooks)/" : ""
                return OutsideReference(
                    file: below + file, line: index + 1, reference: reference, target: target, folder: root)
            }
        }
        return nil
    }

    /// Returns the relative paths with `../` in a line, each up to the first part that is expanded at run time.
    private func references(in text: String) -> [String] {
        if isOfAnsible {
            let pattern =
                #/(?:^|[\s"'=:,(\[])(?:\{\{\s*(?:playbook_dir|role_path|inventory_dir)\s*\}\}/)?((?:[^\s"'{}=:,(\[/][^\s"'{}=:,(\[]*)?\.\./[^\s"'{},\])]*)/#
            return text.matches(of: pattern).map { String($0.output.1) }
        }
        let pattern = #/"(?:\$\{path\.(?:module|root|cwd)\}/)?((?:[^"\s$%{}/][^"\s$%{}]*)?\.\./[^"$%{}]*)/#
        return text.matches(of: pattern).map { String($0.output.1) }
    }

    /// Returns the first folder or file outside that a path refers to; `nil` when the path does not exist outside, or
    /// exists inside.
    private func target(of reference: String, in file: String) -> String? {
        guard reference.split(separator: "/").last.map({ $0 != ".." && $0 != "." }) == true else { return nil }
        let own = parentPath(of: file).map { $0 == "." ? "" : $0 } ?? ""
        var bases = [own, ""]
        if isOfAnsible {
            let role = parentPath(of: own).map { $0 == "." ? "" : $0 } ?? ""
            bases += [own, role].flatMap { base in ["files", "templates", "vars", "tasks"].map { "\(base)/\($0)" } }
            bases += PlaybookFolder.phases.map(\.rawValue)
        }
        var outside: String?
        for base in bases {
            var inner: [Substring] = []
            var levels = 0
            var first: Substring?
            for part in "\(base)/\(reference)".split(separator: "/") where part != "." {
                switch (part == "..", inner.isEmpty) {
                case (true, false): inner.removeLast()
                case (true, true):
                    levels += 1
                    first = nil
                default:
                    if levels > 0 && inner.isEmpty && first == nil { first = part }
                    inner.append(part)
                }
            }
            let up = String(repeating: "../", count: levels)
            guard Self.isThere("\(root)/\(up)\(inner.joined(separator: "/"))") else { continue }
            // A path that exists inside is the one that is meant. A path outside may also lead back into the folder.
            guard levels > 0, let first else { return nil }
            outside = outside ?? "\(up)\(first)"
        }
        return outside
    }

    private static func isThere(_ path: String) -> Bool {
        guard let parent = try? Folder(parentPath(of: path) ?? "/") else { return false }
        return (try? parent.status(of: lastComponent(of: path))).flatMap(\.self) != nil
    }
}
