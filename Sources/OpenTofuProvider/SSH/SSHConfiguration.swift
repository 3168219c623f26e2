import Commands
import EnvironmentDomain
import OperatingSystem

/// The environment's own configuration of `ssh`, and the host keys that it knows.
///
/// It is in the build folder, and people can use it too: `ssh -F data/my-env/build/ssh_config web`. Nothing of the
/// user's own configuration is read.
struct SSHConfiguration: Sendable {
    let path: String
    let knownHostsPath: String
    private let folder: String

    static let name = "ssh_config"
    static let knownHosts = "known_hosts"

    init(_ workspace: Workspace) {
        folder = workspace.build
        path = "\(folder)/\(Self.name)"
        knownHostsPath = "\(folder)/\(Self.knownHosts)"
    }

    /// Writes the configuration for these hosts.
    func write(_ hosts: [SSHHost], _ context: EnvironmentContext, _ account: SSHAccount) throws {
        var lines = hosts.flatMap { host in
            [
                "Host \(host.name)", "    HostName \(host.address)", "    Port \(host.port)", "    User \(host.user)",
                "",
            ]
        }
        if let jump = context.sshJump { lines += self.lines(for: jump, account) }
        lines += [
            "Host *",
            "    IdentityFile \(quoted(account.privateKeyPath.text))",
            "    IdentitiesOnly yes",
            "    BatchMode yes",
            "    UserKnownHostsFile \(quoted(knownHostsPath))",
            "    GlobalKnownHostsFile /dev/null",
            "    StrictHostKeyChecking yes",
            "    UpdateHostKeys no",
            "    ConnectTimeout 60",
            "    ServerAliveInterval 15",
            "    ServerAliveCountMax 4",
            "",
        ]
        try Folder.making(folder).put(Array(lines.joined(separator: "\n").utf8), at: Self.name)
    }

    /// The configuration of the way through jump hosts.
    ///
    /// `ProxyJump` is not used: `ssh` does not quote the path of this file in the command that it makes of it. Ansible
    /// names hosts by their addresses, so the way is that of everything but the jump hosts, whose names no host can have.
    private func lines(for jump: SSHJump, _ account: SSHAccount) -> [String] {
        func command(through number: Int) -> String {
            let file = path.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
                .quotedForShell
            return "    ProxyCommand ssh -F \(file) -W '[%h]:%p' \(Self.jumpName(number))"
        }
        let hops = jump.hops.enumerated().flatMap { index, hop in
            [
                "Host \(Self.jumpName(index + 1))",
                "    HostName \(hop.address)", "    Port \(hop.port)",
                "    User \(hop.username ?? account.username)",
                // A jump host's key is learned by the first login, which is not a step of its own, and must not change then.
                "    StrictHostKeyChecking accept-new",
                // The keys in the user's agent are good for a jump host too.
                "    IdentitiesOnly no",
            ] + (index == 0 ? [] : [command(through: index)]) + [""]
        }
        return hops + ["Host * !\(Self.jumpPrefix)*", command(through: jump.hops.count), ""]
    }

    private static let jumpPrefix = "_jump"
    private static func jumpName(_ number: Int) -> String { "\(jumpPrefix)\(number)" }

    /// Forgets all host keys.
    ///
    /// Only for the step that made or removed hosts: the known keys may belong to hosts that no longer exist, and the
    /// next wait for SSH learns the keys again.
    func forgetHostKeys() throws {
        try Folder.making(folder).put([], at: Self.knownHosts)
    }

    /// Makes sure that the paths in the configuration can be written in it.
    ///
    /// `ssh` fills in `${NAME}` in them, and there is no way to write these signs for themselves (OpenSSH 9.2).
    ///
    /// - Throws: ``StepError`` with the kind `invalid_path`.
    static func checkPaths(of context: StepContext) throws(StepError) {
        let key = try context.sshAccount.privateKeyPath.text
        for path in [context.workspace.build, key] where path.utf8.contains(Array("${".utf8)) {
            throw StepError(
                kind: "invalid_path",
                summary:
                    "ssh cannot use the path \(path), since it takes ${…} in a path for the name of an environment "
                    + "variable; use a folder or key file with another name. Nothing was made")
        }
    }

    /// A path as `ssh` reads it in its configuration, where a percent sign begins something else.
    private func quoted(_ path: String) -> String {
        var text = "\""
        for scalar in path.unicodeScalars {
            switch scalar {
            case "%": text += "%%"
            case "\"", "\\": text += "\\\(scalar)"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
