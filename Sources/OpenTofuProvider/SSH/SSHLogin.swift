import Commands
import EnvironmentDomain
import OperatingSystem

/// A login to a host with the environment's configuration of `ssh`.
struct SSHLogin: Sendable {
    /// The result of one login.
    enum Outcome: Hashable, Sendable {
        /// The command ran on the host and exited with this status.
        case ranCommand(status: Int32)
        /// The login worked, but the login shell did not run the command.
        case noShell(String)
        /// No SSH server answered, or the connection was lost.
        case noAnswer(String)
        /// The SSH server refused the key.
        case refused(String)
        /// The host's key differs from the known one.
        case hostKeyChanged
        /// The host's key is not known.
        case hostKeyUnknown
        /// The key of a jump host differs from the one of this entry in the known hosts.
        case jumpKeyChanged(entry: String)
        /// `ssh` failed on this machine, before it connected to a host.
        case cannotRun(String)
    }

    private let program: String
    private let context: StepContext
    private let configuration: SSHConfiguration
    /// The path of the standard output of the last command on the host.
    let outputPath: String

    /// - Throws: ``StepError`` with the kind `tool_missing` when `ssh` is not on the `PATH`.
    init(_ context: StepContext) throws(StepError) {
        program = try Self.findProgram()
        self.context = context
        configuration = SSHConfiguration(context.workspace)
        outputPath = "\(context.workspace.build)/ssh-output"
    }

    /// - Throws: ``StepError`` with the kind `tool_missing` when `ssh` is not on the `PATH`.
    static func findProgram() throws(StepError) -> String {
        guard let program = ThisProcess.findProgram("ssh") else {
            throw StepError(
                kind: .toolMissing,
                summary: "ssh was not found on the PATH; it comes with OpenSSH (Debian: apt-get install openssh-client)"
            )
        }
        return program
    }

    /// Logs in to a host and checks that its login shell runs commands.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - learnsKey: Whether to accept and store the key of a host that has no known key.
    ///   - patience: The longest time that a server may take to send its banner.
    /// - Returns: `ranCommand` with status 0 when the login works.
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
    /// The first attempt waits 5 seconds for the server's banner, and each further attempt waits longer, up to
    /// `patience`. Most servers that send nothing for some seconds are not SSH servers.
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
        // The log tells whether a server sent a banner (SSH-2.0-…). A connection alone proves nothing, since a gateway
        // may accept it without a server behind it.
        let end = try await context.runTool(
            ToolRun(
                command: [
                    program, "-F", configuration.path, "-v", "-E", "\(folder.path)/\(log)",
                    "-o", "ConnectTimeout=\(seconds)", "-o",
                    "StrictHostKeyChecking=\(learnsKey ? "accept-new" : "yes")", "--", host.name, command,
                ], output: outputPath)
        ) { _ in }
        try Task.checkCancellation()
        // ssh writes messages to standard error before it opens its log, and messages about jump hosts.
        return (
            end, Self.lines(try read("\(folder.path)/\(log)")),
            Self.lines(try read(context.logFile.path, from: offset))
        )
    }

    /// Returns the standard output of the last command.
    func output() throws -> String { try read(outputPath) }

    private func read(_ path: String, from offset: Int = 0) throws -> String {
        do {
            return String(decoding: try OpenFile(path, .read).read(from: offset, limit: 1 << 20), as: UTF8.self)
        } catch  where error.isNotFound {
            return ""
        }
    }

    private static func lines(_ text: String) -> [String] {
        // ssh ends its lines with CRLF.
        text.split(whereSeparator: \.isNewline).map { $0.trimmingBlanks }
    }

    /// Returns whether a connection was made but the server's banner did not come in time.
    static func isBannerLate(_ log: [String]) -> Bool {
        log.contains { $0.contains("banner exchange") && $0.contains("timed out") }
    }

    /// Returns the outcome of a login, given the end of `ssh`, its log, and its standard error.
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
        // Status 255 is ambiguous: ssh exits with it after an error, but the command itself may too.
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
        // When a jump host refuses the login, the target's banner never comes, and the refusal is final too.
        guard hasAnswered || isProxied else { return .noAnswer(reason) }
        guard let refusal = words.last(where: { word in refusals.contains { word.contains($0) } }) else {
            return .noAnswer(reason)
        }
        // If the key could not be loaded, this reason is reported before the refusal.
        let keyTrouble = words.first { $0.hasPrefix("Load key") || $0.contains("no such identity") }
        return .refused([keyTrouble, refusal].compactMap(\.self).joined(separator: "; "))
    }

    private static let chatter = ["debug", "@", "OpenSSH_", "Warning: Permanently added"]
    private static let refusals = [
        "Permission denied (", "Too many authentication failures", "No more authentication methods",
    ]
    /// Parts of messages that `ssh` writes only after it started to connect.
    private static let connecting = [
        "Connecting to ", "connect to host", "resolve hostname", "Executing proxy command", "Connection ", "banner",
    ]

    /// Returns the entry of the known hosts whose key has changed according to a message of `ssh`; `nil` for another
    /// message.
    private static func changedEntry(_ line: String) -> String? {
        guard line.hasPrefix("Host key for "), line.contains(" has changed") else { return nil }
        return line.dropFirst("Host key for ".count).split(separator: " ").first.map(String.init)
    }

    private static func reason(_ line: String) -> String {
        line.hasPrefix("ssh: ") ? String(line.dropFirst(5)) : line
    }
}
