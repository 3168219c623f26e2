import EnvironmentDomain
import OperatingSystem
import Synchronization

/// One run of `ansible-playbook`, after which nothing of it is left on this machine.
struct AnsibleRun: Sendable {
    private let context: StepContext
    private let configuration: AnsibleConfiguration
    private let folder: PlaybookFolder
    private let hosts: [SSHHost]

    init(_ context: StepContext, _ folder: PlaybookFolder, _ hosts: [SSHHost]) {
        self.context = context
        self.folder = folder
        self.hosts = hosts
        configuration = AnsibleConfiguration(context)
    }

    /// The program.
    ///
    /// - Throws: ``StepError`` with the kind `tool_missing`.
    static func program() throws(StepError) -> String {
        guard let program = ThisProcess.findProgram("ansible-playbook") else {
            throw StepError(
                kind: "tool_missing",
                summary:
                    "ansible-playbook was not found on the PATH; it comes with ansible-core (pipx install ansible-core, "
                    + "or a package of the system; https://docs.ansible.com/ansible/latest/installation_guide/)")
        }
        return program
    }

    /// Runs a playbook to its end.
    ///
    /// - Parameter isCheck: true to find out what it would change.
    /// - Throws: ``StepError`` with the kind `tool_missing`, `invalid_playbook`, `no_hosts`, `hosts_missing`, `task_failed` or
    ///   `unreachable`.
    func run(_ playbook: PlaybookFolder.Playbook, isCheck: Bool = false) async throws -> AnsibleReport {
        let program = try Self.program()
        try configuration.write(folder, hosts: hosts)
        let connections = try await SSHConnections.open(context)
        let mark = RunMark()
        let report = Mutex(AnsibleReport())
        let tool = ToolRun(
            command: [
                program, "--inventory", configuration.inventory, "--extra-vars", "@\(configuration.variables)",
            ] + (isCheck ? ["--check"] : []) + ["\(configuration.playbooks)/\(playbook.path)"],
            variables: try variables(connections, mark), folder: configuration.playbooks,
            output: context.files.eventsPath, stop: .leader(Signals.terminate, grace: .seconds(15)))
        let offset = context.files.logSize
        let result: Result<ChildProcess.End, any Error>
        do {
            result = .success(
                try await context.runTool(tool) { line in
                    switch report.withLock({ $0.take(line) }) {
                    case .line(let text): context.log(text)
                    case .task(let name, let position, let total): context.advance(done: position, of: total, name)
                    case nil: break
                    }
                })
        } catch {
            result = .failure(error)
        }
        // Since 2.19 workers lead sessions of their own, so that what ends the group does not reach them.
        if Task.isCancelled || (try? result.get()) != .exited(0) { await mark.endProcesses() }
        await connections.end()
        let end = try result.get()
        try Task.checkCancellation()
        let outcome = report.withLock { $0 }
        if let failure = outcome.failure(end, complaint: complaint(from: offset)) {
            // Ansible's word on it is long and leads nowhere.
            if let host = hosts.first(where: { $0.name == outcome.hostWithOtherKey }) {
                throw StepError.hostKeyChanged(host, context)
            }
            throw failure
        }
        return outcome
    }

    private func variables(_ connections: SSHConnections, _ mark: RunMark) throws -> [String: String] {
        let language = ThisProcess.variable("LANG") ?? ""
        return [
            "ANSIBLE_CONFIG": try configuration.settings(),
            "ANSIBLE_HOME": configuration.home,
            "ANSIBLE_ROLES_PATH": "\(configuration.playbooks)/roles",
            "ANSIBLE_STDOUT_CALLBACK": AnsibleCallback.name,
            "ANSIBLE_CALLBACK_PLUGINS": configuration.plugins,
            "ANSIBLE_SSH_CONTROL_PATH_DIR": connections.path,
            "ANSIBLE_SSH_PIPELINING": "1",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
            "ANSIBLE_GATHERING": "explicit",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_NOCOWS": "1",
            // Ansible refuses to work with any other encoding.
            "LC_ALL": language.uppercased().hasSuffix("UTF-8") ? language : "C.UTF-8",
            mark.name: mark.value,
        ]
    }

    /// What Ansible says on standard error about a playbook that it cannot use, on one line.
    private func complaint(from offset: Int) -> String {
        let file = try? OpenFile(context.files.logPath, .read).read(from: offset, limit: 1 << 20)
        let lines = String(decoding: file ?? [], as: UTF8.self).textLines.map(\.asPrinted)
        guard let start = lines.firstIndex(where: { $0.hasPrefix("ERROR") || $0.hasPrefix("[ERROR]") }) else {
            return ""
        }
        return String(lines[start...].filter { !$0.isEmpty }.joined(separator: " ").prefix(600))
    }
}

/// A variable that marks all processes of one run, wherever their sessions are.
private struct RunMark: Sendable {
    let name = "TYPED_ENVIRONMENTS_RUN"
    let value = "\(UInt64.random(in: .min ... .max))"

    /// Kills what carries the mark, until nothing does.
    func endProcesses() async {
        for _ in 0..<100 {
            let processes = ThisProcess.processes(withVariable: name, value)
            if processes.isEmpty { return }
            for process in processes { ThisProcess.signal(Signals.kill, to: process) }
            // Not Task.sleep, which a cancelled task does not wait in.
            await Task { try? await Task.sleep(for: .milliseconds(20)) }.value
        }
    }
}
