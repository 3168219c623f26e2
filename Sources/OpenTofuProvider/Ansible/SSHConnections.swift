import Commands
import EnvironmentDomain
import OperatingSystem

/// The SSH connections that Ansible keeps open between tasks.
///
/// Their sockets are in a folder with a short path, since the system allows only about a hundred bytes for the path of
/// a socket.
struct SSHConnections: Sendable {
    /// The path of the folder, in the folder for temporary files.
    let path: String
    private let context: StepContext

    /// The name of the file in the build folder that records the folder's path.
    private static let record = "ssh-connections"
    private static let prefix = "te-"
    /// The longest path of the folder (bytes): macOS allows 103 bytes, and Ansible and `ssh` add a slash, ten digits, a
    /// dot and sixteen letters.
    private static let longest = 103 - 28

    /// Ends the connections that a killed run left, and creates a new folder.
    static func open(_ context: StepContext) async throws -> SSHConnections {
        let build = try Folder.making(context.workspace.build)
        if let path = try recorded(build) { await SSHConnections(path: path, context: context).end() }
        let name = prefix + String(UInt64.random(in: .min ... .max), radix: 36)
        let nearest = try absolutePath("\(ThisProcess.temporaryFolder)/\(name)")
        let path = nearest.utf8.count <= longest && nearest.isPlainPath ? nearest : "/tmp/\(name)"
        // Record the path first, so that the next run can clean up after a crash.
        try build.put(Array(path.utf8), at: record)
        _ = try Folder(parentPath(of: path) ?? "/").makingFolder(name)
        return SSHConnections(path: path, context: context)
    }

    /// Ends the connections and removes the folder.
    ///
    /// Otherwise they would stay open for a minute after the step, waiting for another task.
    func end() async {
        do {
            let name = lastComponent(of: path)
            let parent = try Folder(parentPath(of: path) ?? "/")
            // Another user may have created a folder of this name in a shared place; leave it alone.
            if name.hasPrefix(Self.prefix), let status = try parent.status(of: name), status.kind == .folder,
                status.owner == ThisProcess.userIdentifier
            {
                let folder = try parent.folder(name)
                for entry in try folder.names() where try folder.status(of: entry)?.kind == .other {
                    try await close("\(path)/\(entry)")
                }
                try parent.removeTree(name)
            }
            try Folder(context.workspace.build).remove(Self.record)
        } catch {
            EnvironmentLog.log(
                .warning, "connections of Ansible could not be ended", ["reason": "\(error)", "folder": path])
        }
    }

    /// Asks the process that listens on a socket to exit.
    private func close(_ socket: String) async throws {
        guard let program = ThisProcess.findProgram("ssh") else { return }
        let context = context
        // A new task, so that stopping the step does not cancel it. If no process listens on the socket, ssh writes
        // that to the step's log, and nothing else needs to be done.
        _ = try await Task {
            try await context.runTool(
                ToolRun(command: [program, "-F", "none", "-q", "-O", "exit", "-o", "ControlPath=\(socket)", "none"])
            ) { _ in }
        }.value
    }

    private static func recorded(_ build: Folder) throws(SystemError) -> String? {
        do {
            return String(decoding: try build.open(record, .read).read(limit: 4096), as: UTF8.self)
        } catch  where error.isNotFound {
            return nil
        }
    }
}
