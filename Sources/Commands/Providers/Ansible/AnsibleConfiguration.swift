import EnvironmentDomain
import OperatingSystem

/// What Ansible gets to read, in the environment's build folder: a copy of the playbooks with the inventory beside it, the
/// variables, the settings and the plugin that reports.
struct AnsibleConfiguration: Sendable {
    /// The folder `ansible` of the build folder.
    let path: String
    private let build: String
    private let context: StepContext

    init(_ context: StepContext) {
        build = context.workspace.build
        path = "\(build)/ansible"
        self.context = context
    }

    /// The copy of the playbooks.
    var playbooks: String { "\(build)/playbooks" }
    /// Beside the playbooks, so that Ansible finds their `group_vars` and `host_vars`.
    var inventory: String { "\(playbooks)/\(Self.inventoryName)" }
    var variables: String { "\(path)/variables.yml" }
    var plugins: String { "\(path)/plugins" }
    /// What Ansible itself keeps.
    var home: String { "\(path)/home" }

    static let inventoryName = "inventory.json"
    private static let settingsName = "ansible.cfg"

    /// The settings: the user's, when they are with the playbooks, or ours.
    func settings() throws -> String {
        try Folder(playbooks).status(of: Self.settingsName) == nil
            ? "\(path)/\(Self.settingsName)" : "\(playbooks)/\(Self.settingsName)"
    }

    /// Writes everything anew.
    ///
    /// Called by each step that needs it, so that a playbook that was mended is used by the next attempt.
    func write(_ folder: PlaybookFolder, hosts: [SSHHost]) throws {
        let own = try Folder.making(path)
        // As long as ssh waits for a slow server's banner; a user's own settings have a word of their own on it.
        try own.put(Array("[defaults]\ntimeout = \(Int(SSHLogin.usualPatience.seconds))\n".utf8), at: Self.settingsName)
        try own.put(Array(variablesText.utf8), at: "variables.yml")
        try own.makingFolder("plugins").put(Array(AnsibleCallback.source.utf8), at: AnsibleCallback.fileName)
        _ = try own.makingFolder("home")

        let build = try Folder.making(self.build)
        let new = ".playbooks.new"
        try build.removeTree(new)
        let copy = try build.makingFolder(new)
        try FolderCopy(folder.path).put(into: copy)
        guard try copy.status(of: Self.inventoryName) == nil else {
            throw StepError(
                kind: "invalid_playbook",
                summary: "\(folder.path)/\(Self.inventoryName) stands where the inventory of the hosts is written; "
                    + "rename it")
        }
        let credentials = context.environment.context.sshCredentials
        try copy.put(Array(inventoryText(hosts, credentials).utf8), at: Self.inventoryName)
        try build.removeTree("playbooks")
        try build.rename(new, to: "playbooks")
        try SSHConfiguration(context.workspace).write(hosts, context.environment.context)
    }

    private func inventoryText(_ hosts: [SSHHost], _ credentials: SSHCredentials) -> String {
        let configuration = SSHConfiguration(context.workspace).path
        let entries = hosts.map { host in
            let members = [
                ("ansible_host", host.address.text.jsonText),
                ("ansible_port", "\(host.port)"),
                ("ansible_ssh_common_args", "-F \(configuration.shellWord)".jsonText),
                ("ansible_ssh_private_key_file", credentials.privateKeyPath.text.jsonText),
                ("ansible_user", host.user.text.jsonText),
            ]
            let text = members.map { "        \"\($0.0)\": \($0.1)" }.joined(separator: ",\n")
            return "      \(host.name.jsonText): {\n\(text)\n      }"
        }
        return """
            {
              "all": {
                "hosts": {
            \(entries.joined(separator: ",\n"))
                }
              }
            }

            """
    }

    /// The variables that every playbook gets.
    ///
    /// Outputs are marked as unsafe, which for Ansible means: text that is never taken for a template.
    private var variablesText: String {
        let context = context.environment.context
        var lines = [
            "environment_name: \(context.name.text.jsonText)", "instance_name: \(context.instanceName.text.jsonText)",
        ]
        let outputs = context.outputs.sorted { $0.key < $1.key }
        lines.append(outputs.isEmpty ? "outputs: {}" : "outputs:")
        lines += outputs.map { "  \($0.key.jsonText): !unsafe \($0.value.jsonText)" }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension String {
    /// The text as a JSON string, which is also one of YAML.
    var jsonText: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case _
            where scalar.value < 32 || (127...159).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029 || scalar.value == 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// The text as one word of a shell's command line.
    fileprivate var shellWord: String {
        "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
