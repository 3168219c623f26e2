import Commands
import EnvironmentDomain
import OperatingSystem

/// An environment's configuration of `ssh` and its known host keys.
///
/// The configuration is in the build folder, and people can use it too: `ssh -F data/my-env/build/ssh_config web`. The
/// user's own configuration is not read.
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

    /// Writes the configuration for the given hosts.
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

    /// Returns the lines of the configuration for a connection through jump hosts.
    ///
    /// `ProxyJump` is not used, since `ssh` does not quote the path of this file in the command that it creates. The
    /// last entry applies to every name except those of the jump hosts, since Ansible uses addresses as names. No host
    /// can have the name of a jump host.
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
                // The first login through a jump host learns its key, which must not change afterwards.
                "    StrictHostKeyChecking accept-new",
                // A jump host may accept another key from the user's agent.
                "    IdentitiesOnly no",
            ] + (index == 0 ? [] : [command(through: index)]) + [""]
        }
        return hops + ["Host * !\(Self.jumpPrefix)*", command(through: jump.hops.count), ""]
    }

    private static let jumpPrefix = "_jump"
    private static func jumpName(_ number: Int) -> String { "\(jumpPrefix)\(number)" }

    /// Removes all known host keys.
    ///
    /// Call this only in the step that makes or removes hosts. The known keys may belong to hosts that no longer exist,
    /// and the next wait for SSH learns the keys again.
    func forgetHostKeys() throws {
        try Folder.making(folder).put([], at: Self.knownHosts)
    }

    /// Checks that the paths can be written in the configuration.
    ///
    /// `ssh` expands `${NAME}` in a path, and these characters cannot be escaped (OpenSSH 9.2).
    ///
    /// - Throws: ``StepError`` with the kind `invalid_path`, or `no_credentials` when the environment has none.
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

    /// Returns a path in the quotation of an `ssh` configuration, in which a percent sign must be doubled.
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
