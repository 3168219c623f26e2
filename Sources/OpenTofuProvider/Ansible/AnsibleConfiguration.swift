import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The files that Ansible reads, in the environment's build folder: a copy of the playbooks with the inventory, the
/// variables, the settings, and the callback plugin.
struct AnsibleConfiguration: Sendable {
    /// The path of the folder that contains all files.
    private let root: String
    private let context: StepContext

    init(_ context: StepContext) {
        root = context.workspace.build
        self.context = context
    }

    /// Creates a configuration in a folder other than the build folder.
    private init(_ context: StepContext, root: String) {
        self.root = root
        self.context = context
    }

    /// Writes and returns the configuration for a run of Ansible.
    ///
    /// The configuration is in the build folder. If Ansible would misread the path of the build folder, a copy in
    /// `temporary` is written and returned too. Ansible splits paths at colons and commas and expands `$HOME` and `{{ …
    /// }}`. It expands `{{ … }}` again in a resolved path, so a link with a plain name does not help (seen with
    /// ansible-core 2.19).
    func written(_ folder: PlaybookFolder, hosts: [SSHHost], temporary: String) throws -> AnsibleConfiguration {
        try write(folder, hosts: hosts)
        guard !root.isPlainPath else { return self }
        let copy = AnsibleConfiguration(context, root: "\(temporary)/build")
        try copy.write(folder, hosts: hosts)
        return copy
    }

    /// The path of the folder for all files except the playbooks and the inventory.
    private var path: String { "\(root)/ansible" }
    /// The path of the copy of the playbooks.
    var playbooks: String { "\(root)/playbooks" }
    /// The path of the inventory, which is next to the playbooks so that Ansible finds their `group_vars` and
    /// `host_vars`.
    var inventory: String { "\(playbooks)/\(Self.inventoryName)" }
    var variables: String { "\(path)/variables.yml" }
    var plugins: String { "\(path)/plugins" }
    /// The path of the folder for Ansible's temporary files.
    var temporary: String { "\(path)/tmp" }
    private var sshConfiguration: String { "\(root)/\(SSHConfiguration.name)" }

    static let inventoryName = "inventory.json"
    private static let settingsName = "ansible.cfg"

    /// Returns the settings: the user's `ansible.cfg` in the folder of playbooks, or else the generated one.
    func settings() throws -> (path: String, content: AnsibleSettings) {
        let folder = try Folder(playbooks)
        guard try folder.status(of: Self.settingsName) != nil else {
            return ("\(path)/\(Self.settingsName)", AnsibleSettings())
        }
        let content = try folder.open(Self.settingsName, .read).read(limit: 1 << 20)
        return (folder.path(of: Self.settingsName), AnsibleSettings(content))
    }

    /// Writes all files.
    ///
    /// Every step that runs a playbook calls this, so that the next attempt uses a playbook that was fixed.
    ///
    /// - Returns: The entries that the copy of the playbooks leaves out.
    @discardableResult
    func write(_ folder: PlaybookFolder, hosts: [SSHHost]) throws -> [FolderListing.Omission] {
        let own = try Folder.making(path)
        // The same time that ssh waits for a slow server's banner. The user's own settings, if any, replace this file.
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
            // Only modules that ask for the key need this variable; Ansible's ssh reads the path in the configuration
            // of ssh.
            if key.isPlainPath { variables["ansible_ssh_private_key_file"] = .string(key) }
            return (host.name, JSONValue.object(variables))
        }
        let inventory: JSONObject = ["all": .object(["hosts": .object(JSONObject(entries))])]
        return try JSONValue.object(inventory).text([.pretty, .sortedNames]) + [UInt8(ascii: "\n")]
    }

    /// The variables that every playbook gets, as JSON.
    ///
    /// Parameters and outputs are marked as unsafe, so that Ansible never treats them as templates. The format is JSON,
    /// which Ansible tries first: in YAML, Ansible would convert an unsafe text to another type, for example `1.10` to
    /// the number 1.1, and `no` to false.
    private var variablesText: String {
        let context = context.environment.context
        func exact(_ text: String) -> JSONValue { .object(["__ansible_unsafe": .string(text)]) }
        let parameters = JSONObject(context.parameters.map { ($0.key.text, exact($0.value)) })
        // Each parameter is also a variable of its own, unless it has one of the names below.
        var variables = parameters
        variables["environment_name"] = .string(context.name.text)
        variables["instance_name"] = .string(context.instanceName.text)
        variables["outputs"] = .object(JSONObject(context.outputs.map { ($0.key, exact($0.value)) }))
        variables["parameters"] = .object(parameters)
        return JSONValue.object(variables).line + "\n"
    }
}

extension String {
    /// Whether a path consists only of characters that no program interprets.
    var isPlainPath: Bool { utf8.allSatisfy(Self.plainPathBytes.contains) }

    private static let plainPathBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@".utf8)
}
