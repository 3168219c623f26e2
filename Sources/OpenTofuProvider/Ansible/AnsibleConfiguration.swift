import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// What Ansible reads, in the environment's build folder: a copy of the playbooks with the inventory beside it, the
/// variables, the settings and the plugin that reports.
struct AnsibleConfiguration: Sendable {
    /// The folder that holds everything.
    private let root: String
    private let context: StepContext

    init(_ context: StepContext) {
        root = context.workspace.build
        self.context = context
    }

    /// A configuration in another folder than the build folder.
    private init(_ context: StepContext, root: String) {
        self.root = root
        self.context = context
    }

    /// The configuration for a run of Ansible, which is written by this: the build folder's, or a copy of it in
    /// `temporary` when the path of the build folder is one that Ansible takes for something else.
    ///
    /// Ansible splits its paths at colons and commas, fills in `$HOME` and `{{ … }}`, and does the latter again with a
    /// path that it has resolved, so that a link with a plain name does not help (seen with ansible-core 2.19).
    func written(_ folder: PlaybookFolder, hosts: [SSHHost], temporary: String) throws -> AnsibleConfiguration {
        try write(folder, hosts: hosts)
        guard !root.isPlainPath else { return self }
        let copy = AnsibleConfiguration(context, root: "\(temporary)/build")
        try copy.write(folder, hosts: hosts)
        return copy
    }

    /// The folder for what is neither playbook nor inventory.
    private var path: String { "\(root)/ansible" }
    /// The copy of the playbooks.
    var playbooks: String { "\(root)/playbooks" }
    /// Beside the playbooks, so that Ansible finds their `group_vars` and `host_vars`.
    var inventory: String { "\(playbooks)/\(Self.inventoryName)" }
    var variables: String { "\(path)/variables.yml" }
    var plugins: String { "\(path)/plugins" }
    /// A folder for Ansible's temporary files.
    var temporary: String { "\(path)/tmp" }
    private var sshConfiguration: String { "\(root)/\(SSHConfiguration.name)" }

    static let inventoryName = "inventory.json"
    private static let settingsName = "ansible.cfg"

    /// The settings: the user's, when they are with the playbooks, or ours.
    func settings() throws -> (path: String, content: AnsibleSettings) {
        let folder = try Folder(playbooks)
        guard try folder.status(of: Self.settingsName) != nil else {
            return ("\(path)/\(Self.settingsName)", AnsibleSettings())
        }
        let content = try folder.open(Self.settingsName, .read).read(limit: 1 << 20)
        return (folder.path(of: Self.settingsName), AnsibleSettings(content))
    }

    /// Writes everything.
    ///
    /// Called by each step that needs it, so that a playbook that was fixed is used by the next attempt.
    ///
    /// - Returns: what the copy of the playbooks lacks.
    @discardableResult
    func write(_ folder: PlaybookFolder, hosts: [SSHHost]) throws -> [FolderListing.Omission] {
        let own = try Folder.making(path)
        // As long as ssh waits for a slow server's banner; a user's own settings have their own value.
        try own.put(Array("[defaults]\ntimeout = \(Int(SSHLogin.usualPatience.seconds))\n".utf8), at: Self.settingsName)
        try own.put(Array(variablesText.utf8), at: lastComponent(of: variables))
        try own.makingFolder("plugins").put(Array(AnsibleCallback.source.utf8), at: AnsibleCallback.fileName)
        _ = try own.makingFolder("tmp")

        let build = try Folder.making(root)
        let new = ".playbooks.new"
        try build.removeTree(new)
        let copy = try build.makingFolder(new)
        let content = try FolderCopy(folder.path)
        try content.put(into: copy)
        guard try copy.status(of: Self.inventoryName) == nil else {
            throw StepError(
                kind: "invalid_playbook",
                summary: "\(folder.path)/\(Self.inventoryName) has the name under which the inventory of the "
                    + "hosts is written; rename it")
        }
        let account = try context.sshAccount
        try copy.put(inventory(hosts, account), at: Self.inventoryName)
        try build.removeTree(InfrastructureFolder.playbooks)
        try build.rename(new, to: InfrastructureFolder.playbooks)
        let configuration = SSHConfiguration(context.workspace)
        try configuration.write(hosts, context.environment.context, account)
        if configuration.path != sshConfiguration {
            try build.put(OpenFile(configuration.path, .read).read(), at: SSHConfiguration.name)
        }
        return content.omissions
    }

    private func inventory(_ hosts: [SSHHost], _ account: SSHAccount) throws -> [UInt8] {
        let key = account.privateKeyPath.text
        let entries = hosts.map { host in
            var variables: JSONObject = [
                "ansible_host": .string(host.address.text), "ansible_port": JSONValue(host.port.number),
                "ansible_ssh_common_args": .string("-F \(sshConfiguration.quotedForShell)"),
                "ansible_user": .string(host.user.text),
            ]
            // For modules that ask for it; the path that Ansible's own ssh uses is in the configuration of ssh.
            if key.isPlainPath { variables["ansible_ssh_private_key_file"] = .string(key) }
            return (host.name, JSONValue.object(variables))
        }
        let inventory: JSONObject = ["all": .object(["hosts": .object(JSONObject(entries))])]
        return try JSONValue.object(inventory).text([.pretty, .sortedNames]) + [UInt8(ascii: "\n")]
    }

    /// The variables that every playbook gets.
    ///
    /// JSON, which Ansible tries first, since in YAML Ansible gives a text that is marked as unsafe a type again: 1.1 for `1.10`, false for
    /// `no`. Outputs are marked, which for Ansible means: text that is never taken for a template.
    private var variablesText: String {
        let context = context.environment.context
        func exact(_ text: String) -> JSONValue { .object(["__ansible_unsafe": .string(text)]) }
        let parameters = JSONObject(context.parameters.map { ($0.key.text, exact($0.value)) })
        // Each parameter is a variable of its own too, unless the name is one of these.
        var variables = parameters
        variables["environment_name"] = .string(context.name.text)
        variables["instance_name"] = .string(context.instanceName.text)
        variables["outputs"] = .object(JSONObject(context.outputs.map { ($0.key, exact($0.value)) }))
        variables["parameters"] = .object(parameters)
        return JSONValue.object(variables).line + "\n"
    }
}

extension String {
    /// Whether no program takes anything in the path for something else than a path.
    var isPlainPath: Bool { utf8.allSatisfy(Self.plainPathBytes.contains) }

    private static let plainPathBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@".utf8)
}
