import CommandLineProgram
import EnvironmentDomain
import JSONText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is kept of an environment that is forgotten: its export, and its working files beside it.
struct ForgottenFiles: Sendable {
    let workspace: Workspace
    /// The folder that gets them; its name is no environment's.
    let folder: String
    /// Whether the working files are those of an environment that lives on in another store.
    let belongElsewhere: Bool

    init(of environment: AnyEnvironmentState, in repository: any EnvironmentArchive) {
        workspace = repository.workspace(for: environment.name)
        let data = URL(filePath: workspace.root.text).deletingLastPathComponent().path()
        let moment = Timestamp.now().text.filter { $0.isASCII && ($0.isNumber || $0 == "T") }
        folder = "\(data).forgotten/\(environment.name)-\(moment)"
        // What was moved to a folder was copied there, unless it is this one.
        let target = environment.context.freeze.flatMap(MoveMark.init)?.location
        belongElsewhere = target.map { Store.isDatabase($0) || "\($0)/" == data } ?? false
    }

    private var exportPath: String { "\(folder)/export.json" }

    /// Writes the export, which `import` reads.
    ///
    /// - Returns: its path.
    func write(_ exported: ExportedEnvironment) throws -> String {
        let text = try JSONTextEncoder(style: [.pretty, .sortedNames]).encode(exported)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Data(text).write(to: URL(filePath: exportPath), options: [.withoutOverwriting])
        } catch {
            throw Failure(
                .notSaved, "export_failed",
                "The export \(exportPath) cannot be written: \(error). Nothing was forgotten.")
        }
        return exportPath
    }

    func removeExport() { try? FileManager.default.removeItem(atPath: folder) }

    /// Moves the working files beside the export.
    ///
    /// - Returns: the paths that they have there.
    func moveFiles() throws -> [String] {
        guard !belongElsewhere else { return [] }
        var kept: [String] = []
        for name in Workspace.names where name != Workspace.busyLockName {
            let (from, to) = ("\(workspace.root)/\(name)", "\(folder)/\(name)")
            guard TextFile.exists(from) else { continue }
            do {
                try FileManager.default.moveItem(atPath: from, toPath: to)
            } catch {
                throw Failure(.notSaved, "files_left", "\(from) could not be moved to \(to): \(error)")
            }
            kept.append(to)
        }
        try? FileManager.default.removeItem(atPath: "\(workspace.root)/\(Workspace.busyLockName)")
        return kept
    }
}
