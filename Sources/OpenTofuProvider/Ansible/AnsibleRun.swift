import Commands
import EnvironmentDomain
import OperatingSystem
import Synchronization

/// A run of `ansible-playbook` that leaves no processes and no connections on this machine.
struct AnsibleRun: Sendable {
    private let context: StepContext
    private let folder: PlaybookFolder
    private let hosts: [SSHHost]

    init(_ context: StepContext, _ folder: PlaybookFolder, _ hosts: [SSHHost]) {
        self.context = context
        self.folder = folder
        self.hosts = hosts
    }

    /// Returns the path of `ansible-playbook`.
    ///
    /// - Throws: ``StepError`` with the kind `tool_missing` when the program is not on the `PATH`.
    static func program() throws(StepError) -> String {
        guard let program = ThisProcess.findProgram("ansible-playbook") else {
            throw StepError(
                kind: .toolMissing,
                summary:
                    "ansible-playbook was not found on the PATH; it comes with ansible-core (pipx install ansible-core, "
                    + "or a package of the system; https://docs.ansible.com/ansible/latest/installation_guide/)")
        }
        return program
    }

    /// Runs a playbook.
    ///
    /// - Parameters:
    ///   - playbook: The playbook.
    ///   - isCheck: Whether to run in check mode, which reports the changes without making them.
    /// - Throws: ``StepError`` with the kind `tool_missing`, `invalid_playbook`, `no_hosts`, `hosts_missing`,
    ///   `task_failed`, `unreachable`, `authentication_refused`, `host_key_changed`, `signal` or `exit_status`.
    func run(_ playbook: PlaybookFolder.Playbook, isCheck: Bool = false) async throws -> AnsibleReport {
        let program = try Self.program()
        try checkThatNothingIsAsked()
        let connections = try await SSHConnections.open(context)
        let written = Result {
            try AnsibleConfiguration(context).written(folder, hosts: hosts, temporary: connections.path)
        }
        if case .failure = written { await connections.end() }
        let configuration = try written.get()
        let mark = RunMark()
        let report = Mutex(AnsibleReport())
        let tool = ToolRun(
            command: [
                program, "--inventory", configuration.inventory, "--extra-vars", "@\(configuration.variables)",
            ] + (isCheck ? ["--check"] : []) + ["\(configuration.playbooks)/\(playbook.path)"],
            variables: try variables(configuration, connections, mark), folder: configuration.playbooks,
            output: context.eventsPath, weigh: AnsibleReport.weigh,
            stop: .leader(Signals.terminate, grace: .seconds(15)))
        let offset = context.logFile.size
        let result: Result<ToolRun.End, any Error>
        do {
            result = .success(
                try await context.runTool(tool) { line in
                    for word in report.withLock({ $0.take(line) }) {
                        switch word {
                        case .line(let text): context.log(text)
                        case .task(let name, let position, let total): context.advance(done: position, of: total, name)
                        }
                    }
                })
        } catch {
            result = .failure(error)
        }
        // Since 2.19, workers lead their own sessions, so signals to the process group do not reach them.
        if Task.isCancelled || (try? result.get()) != .exited(0) { await mark.endProcesses() }
        await connections.end()
        let end = try result.get()
        try Task.checkCancellation()
        let outcome = report.withLock { $0 }
        if let failure = outcome.failure(end, complaint: complaint(from: offset)) {
            // Ansible's message about a changed key is long and does not tell how to continue.
            if let host = hosts.first(where: { $0.name == outcome.hostWithOtherKey }) {
                throw StepError.hostKeyChanged(host, context)
            }
            throw failure
        }
        return outcome
    }

    /// Refuses settings that make Ansible ask for a password.
    ///
    /// Without an answer, Ansible continues with an empty password, and the task that needs it fails later for another
    /// reason.
    private func checkThatNothingIsAsked() throws(StepError) {
        let path = "\(folder.path)/ansible.cfg"
        // A missing file has no such setting, and an unreadable one is reported when the playbooks are copied.
        guard let content = try? OpenFile(path, .readFollowingLinks).read(limit: 1 << 20),
            let question = AnsibleSettings(content).question
        else { return }
        throw StepError(
            kind: "invalid_playbook",
            summary:
                "\(path) has \(question.setting), and nobody can be asked for a password while a step runs; remove it, and "
                + "where a password is needed name a file with it: \(question.file) = PATH in the section [defaults]")
    }

    private func variables(
        _ configuration: AnsibleConfiguration, _ connections: SSHConnections, _ mark: RunMark
    ) throws -> [String: String] {
        let (path, settings) = try configuration.settings()
        var variables = settings.variables(
            playbooks: configuration.playbooks, temporary: configuration.temporary)
        // These variables make the result known and ensure that the run leaves nothing behind.
        variables.merge([
            "ANSIBLE_CONFIG": path,
            "ANSIBLE_STDOUT_CALLBACK": AnsibleCallback.name,
            "ANSIBLE_CALLBACK_PLUGINS": settings.callbackPlugins(configuration.plugins),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": connections.path,
            "ANSIBLE_PERSISTENT_CONTROL_PATH_DIR": "\(connections.path)/pc",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_NOCOWS": "1",
            "LC_ALL": Self.locale,
            mark.name: mark.value,
        ]) { $1 }
        if settings["ssh_connection.control_path"] != nil { variables["ANSIBLE_SSH_CONTROL_PATH"] = "" }
        return variables
    }

    /// The caller's locale if this machine has it with UTF-8, and `C.UTF-8` otherwise.
    ///
    /// Ansible does not start with a missing locale or with an encoding other than UTF-8.
    private static var locale: String {
        let given = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(ThisProcess.variable).first { !$0.isEmpty }
        return given.flatMap { ThisProcess.hasUTF8Locale($0) ? $0 : nil } ?? "C.UTF-8"
    }

    /// Returns the errors of Ansible about an unusable playbook on one line; empty when there are none.
    ///
    /// - Parameter offset: The size of the step's log before the run (bytes).
    private func complaint(from offset: Int) -> String {
        let file = try? OpenFile(context.logFile.path, .read).read(from: offset, limit: 1 << 20)
        let lines = String(decoding: file ?? [], as: UTF8.self).textLines.map(\.asPrinted)
        guard let start = lines.firstIndex(where: { $0.hasPrefix("ERROR") || $0.hasPrefix("[ERROR]") }) else {
            return ""
        }
        return String(lines[start...].filter { !$0.isEmpty }.joined(separator: " ").prefix(600))
    }
}

/// An environment variable that marks all processes of one run in whatever session.
private struct RunMark: Sendable {
    let name = "TYPED_ENVIRONMENTS_RUN"
    let value = "\(UInt64.random(in: .min ... .max))"

    /// Kills the processes that have the mark, until there are none or 100 attempts have passed.
    func endProcesses() async {
        for _ in 0..<100 {
            let processes = ThisProcess.processes(withVariable: name, value)
            if processes.isEmpty { return }
            for process in processes { ThisProcess.signal(Signals.kill, to: process) }
            // A new task, since Task.sleep returns at once in a cancelled one.
            await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
        }
    }
}
