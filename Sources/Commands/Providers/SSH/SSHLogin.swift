import EnvironmentDomain
import OperatingSystem

/// Logs in on a host with the environment's own configuration, and says what came of it.
struct SSHLogin: Sendable {
    /// What came of one login.
    enum Outcome: Hashable, Sendable {
        /// The command was run on the host and ended with this status.
        case ranCommand(status: Int32)
        /// Nobody answered, or who answered does not speak SSH or broke off.
        case noAnswer(String)
        /// An SSH server answered and refused the key.
        case refused(String)
        /// Another key than the one that is known for the host.
        case hostKeyChanged
        /// Nothing is known of the host's key.
        case hostKeyUnknown
    }

    private let program: String
    private let context: StepContext
    private let configuration: SSHConfiguration
    /// What the last command on the host printed.
    let outputPath: String

    /// - Throws: ``StepError`` with the kind `tool_missing`.
    init(_ context: StepContext) throws(StepError) {
        guard let program = ThisProcess.findProgram("ssh") else {
            throw StepError(
                kind: "tool_missing",
                summary: "ssh was not found on the PATH; it comes with OpenSSH (Debian: apt-get install openssh-client)"
            )
        }
        self.program = program
        self.context = context
        configuration = SSHConfiguration(context.workspace)
        outputPath = "\(context.workspace.build)/ssh-output"
    }

    /// Runs a command on a host.
    ///
    /// - Parameter learnsKey: whether the key of a host of which none is known yet is accepted and kept.
    func run(_ command: String, on host: SSHHost, learnsKey: Bool = false) async throws -> Outcome {
        let folder = try Folder.making(context.workspace.build)
        let log = "ssh-log"
        try folder.remove(log)
        // The log says whether a server introduced itself (SSH-2.0-…): that a connection was made says nothing, since
        // gateways answer for nobody.
        let end = try await context.runTool(
            ToolRun(
                command: [
                    program, "-F", configuration.path, "-v", "-E", "\(folder.path)/\(log)", "-o",
                    "StrictHostKeyChecking=\(learnsKey ? "accept-new" : "yes")", "--", host.name, command,
                ], output: outputPath)
        ) { _ in }
        try Task.checkCancellation()
        // ssh ends its lines with a return as well.
        let lines = try read("\(folder.path)/\(log)").split(whereSeparator: \.isNewline).map(String.init)
        return Self.outcome(end, log: lines)
    }

    /// What the last command printed.
    func output() throws -> String { try read(outputPath) }

    private func read(_ path: String) throws -> String {
        do {
            return String(decoding: try OpenFile(path, .read).read(limit: 1 << 20), as: UTF8.self)
        } catch  where error.isNotFound {
            return ""
        }
    }

    /// What the end of `ssh` and its log mean.
    static func outcome(_ end: ChildProcess.End, log: [String]) -> Outcome {
        switch end {
        case .exited(let status) where status != 255: return .ranCommand(status: status)
        case .signalled(let number): return .noAnswer("ssh was ended by signal \(number)")
        case .exited: break
        }
        let chatter = ["debug", "@", "OpenSSH_", "Warning: Permanently added"]
        let words = log.map { $0.trimmingSpaces }.filter { word in
            !word.isEmpty && !chatter.contains(where: word.hasPrefix)
        }
        if log.contains(where: { $0.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") }) { return .hostKeyChanged }
        if words.contains(where: { $0.hasPrefix("Host key verification failed") }) { return .hostKeyUnknown }
        let reason = words.isEmpty ? "ssh ended with status 255" : words.map(reason).joined(separator: "; ")
        guard log.contains(where: { $0.contains("Remote protocol version") }) else { return .noAnswer(reason) }
        let refusals = ["Permission denied (", "Too many authentication failures", "No more authentication methods"]
        guard let refusal = words.last(where: { word in refusals.contains { word.contains($0) } }) else {
            return .noAnswer(reason)
        }
        // Why the key could not even be offered stands before the refusal.
        let keyTrouble = words.first { $0.hasPrefix("Load key") || $0.contains("no such identity") }
        return .refused([keyTrouble, refusal].compactMap(\.self).joined(separator: "; "))
    }

    private static func reason(_ line: String) -> String {
        line.hasPrefix("ssh: ") ? String(line.dropFirst(5)) : line
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
