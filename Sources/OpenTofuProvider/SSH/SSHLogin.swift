import Commands
import EnvironmentDomain
import OperatingSystem

/// Logs in on a host with the environment's own configuration, and tells what came of it.
struct SSHLogin: Sendable {
    /// The result of one login.
    enum Outcome: Hashable, Sendable {
        /// The command was run on the host and ended with this status.
        case ranCommand(status: Int32)
        /// The login worked, and the login shell did something else than to run the command.
        case noShell(String)
        /// Nothing answered, or what answered does not speak SSH or broke off.
        case noAnswer(String)
        /// An SSH server answered and refused the key.
        case refused(String)
        /// The host shows another key than the one that is known.
        case hostKeyChanged
        /// No key of the host is known.
        case hostKeyUnknown
        /// A jump host shows another key than the one known for this entry of the known hosts.
        case jumpKeyChanged(entry: String)
        /// `ssh` failed on this machine, before it connected to anything.
        case cannotRun(String)
    }

    private let program: String
    private let context: StepContext
    private let configuration: SSHConfiguration
    /// The path of the standard output of the last command on the host.
    let outputPath: String

    /// - Throws: ``StepError`` with the kind `tool_missing`.
    init(_ context: StepContext) throws(StepError) {
        program = try Self.findProgram()
        self.context = context
        configuration = SSHConfiguration(context.workspace)
        outputPath = "\(context.workspace.build)/ssh-output"
    }

    /// - Throws: ``StepError`` with the kind `tool_missing`.
    static func findProgram() throws(StepError) -> String {
        guard let program = ThisProcess.findProgram("ssh") else {
            throw StepError(
                kind: .toolMissing,
                summary: "ssh was not found on the PATH; it comes with OpenSSH (Debian: apt-get install openssh-client)"
            )
        }
        return program
    }

    /// Logs in, and makes sure that commands are run there.
    ///
    /// - Parameters:
    ///   - learnsKey: whether the key of a host of which none is known yet is accepted and kept.
    ///   - patience: how long a server may take to introduce itself.
    /// - Returns: `ranCommand` with status 0 for a login that works.
    func logIn(
        on host: SSHHost, learnsKey: Bool = false, patience: Duration = Self.usualPatience
    ) async throws -> Outcome {
        let script = RemoteScript("exit 0")
        let outcome = try await run(script.command, on: host, learnsKey: learnsKey, patience: patience)
        guard case .ranCommand(let status) = outcome else { return outcome }
        let output = try output()
        guard status != 0 || script.output(in: output) == nil else { return outcome }
        let last = output.split(whereSeparator: \.isNewline).last.map { ", and printed \"\($0.prefix(200))\"" } ?? ""
        return .noShell(
            "the login worked, but the login shell of \(host.user) ended with status \(status) without running a command"
                + last.withoutControlCharacters)
    }

    static let usualPatience = Duration.seconds(60)

    /// Runs a command on a host.
    ///
    /// A server that takes longer than usual to introduce itself gets more time by and by: most that are silent for
    /// some seconds are none.
    func run(
        _ command: String, on host: SSHHost, learnsKey: Bool = false, patience: Duration = Self.usualPatience
    ) async throws -> Outcome {
        let limit = max(5, Int(min(patience, .seconds(3600)).seconds))
        var seconds = 5
        while true {
            let (end, log, complaints) = try await attempt(command, on: host, learnsKey: learnsKey, seconds: seconds)
            guard Self.isBannerLate(log), seconds < limit else {
                return Self.outcome(end, log: log, complaints: complaints)
            }
            let longer = min(seconds * 4, limit)
            context.log(
                "\(host.title): connected, but no SSH banner within \(seconds) s; waiting for it up to \(longer) s")
            seconds = longer
        }
    }

    private func attempt(
        _ command: String, on host: SSHHost, learnsKey: Bool, seconds: Int
    ) async throws -> (end: ToolRun.End, log: [String], complaints: [String]) {
        let folder = try Folder.making(context.workspace.build)
        let log = "ssh-log"
        try folder.remove(log)
        let offset = context.logFile.size
        // The log says whether a server introduced itself (SSH-2.0-…): that a connection was made says nothing, since
        // gateways answer for nobody.
        let end = try await context.runTool(
            ToolRun(
                command: [
                    program, "-F", configuration.path, "-v", "-E", "\(folder.path)/\(log)",
                    "-o", "ConnectTimeout=\(seconds)", "-o",
                    "StrictHostKeyChecking=\(learnsKey ? "accept-new" : "yes")", "--", host.name, command,
                ], output: outputPath)
        ) { _ in }
        try Task.checkCancellation()
        // What ssh says before it has opened its log, and what it says of a jump host, is on standard error.
        return (
            end, Self.lines(try read("\(folder.path)/\(log)")),
            Self.lines(try read(context.logFile.path, from: offset))
        )
    }

    /// The output of the last command.
    func output() throws -> String { try read(outputPath) }

    private func read(_ path: String, from offset: Int = 0) throws -> String {
        do {
            return String(decoding: try OpenFile(path, .read).read(from: offset, limit: 1 << 20), as: UTF8.self)
        } catch  where error.isNotFound {
            return ""
        }
    }

    private static func lines(_ text: String) -> [String] {
        // ssh ends its lines with a return as well.
        text.split(whereSeparator: \.isNewline).map { $0.trimmingBlanks }
    }

    /// Whether the connection was there and the server's first line was not.
    static func isBannerLate(_ log: [String]) -> Bool {
        log.contains { $0.contains("banner exchange") && $0.contains("timed out") }
    }

    /// What the end of `ssh`, its log and what it printed mean.
    static func outcome(_ end: ToolRun.End, log: [String], complaints: [String] = []) -> Outcome {
        let isProxied = log.contains { $0.contains("Executing proxy command") }
        let words = (isProxied ? complaints + log : log + complaints).map(\.trimmingBlanks).filter { word in
            !word.isEmpty && !chatter.contains(where: word.hasPrefix)
        }
        let status: Int32
        switch end {
        case .exited(let code): status = code
        case .signalled(let number): return .noAnswer("ssh was ended by signal \(number)")
        }
        if let line = log.first(where: { $0.contains("Failed to add the host to the list of known hosts") }) {
            return .cannotRun(line)
        }
        // 255 is also what the command itself may end with.
        if status != 255 && !log.isEmpty || log.contains(where: { $0.hasPrefix("debug1: Exit status ") }) {
            return .ranCommand(status: status)
        }
        let hasAnswered = log.contains { $0.contains("Remote protocol version") }
        let reason = words.isEmpty ? "ssh ended with status \(status)" : words.map(reason).joined(separator: "; ")
        guard hasAnswered || log.contains(where: { line in connecting.contains { line.contains($0) } }) else {
            return .cannotRun(reason)
        }
        if isProxied && !hasAnswered, let entry = complaints.compactMap(changedEntry).first {
            return .jumpKeyChanged(entry: entry)
        }
        if log.contains(where: { $0.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") }) { return .hostKeyChanged }
        if log.contains(where: { $0.hasPrefix("Host key verification failed") }) { return .hostKeyUnknown }
        // A server in the place of a jump host sends no banner of the target host, and its refusal is final too.
        guard hasAnswered || isProxied else { return .noAnswer(reason) }
        guard let refusal = words.last(where: { word in refusals.contains { word.contains($0) } }) else {
            return .noAnswer(reason)
        }
        // The reason why the key could not even be offered comes before the refusal.
        let keyTrouble = words.first { $0.hasPrefix("Load key") || $0.contains("no such identity") }
        return .refused([keyTrouble, refusal].compactMap(\.self).joined(separator: "; "))
    }

    private static let chatter = ["debug", "@", "OpenSSH_", "Warning: Permanently added"]
    private static let refusals = [
        "Permission denied (", "Too many authentication failures", "No more authentication methods",
    ]
    /// What only an `ssh` says that has begun to connect.
    private static let connecting = [
        "Connecting to ", "connect to host", "resolve hostname", "Executing proxy command", "Connection ", "banner",
    ]

    /// The entry of the known hosts of which `ssh` says that it is another key's.
    private static func changedEntry(_ line: String) -> String? {
        guard line.hasPrefix("Host key for "), line.contains(" has changed") else { return nil }
        return line.dropFirst("Host key for ".count).split(separator: " ").first.map(String.init)
    }

    private static func reason(_ line: String) -> String {
        line.hasPrefix("ssh: ") ? String(line.dropFirst(5)) : line
    }
}
