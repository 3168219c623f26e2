import EnvironmentDomain
import OperatingSystem

/// The environment's own configuration of `ssh`, and the host keys that it knows.
///
/// It stands in the build folder, and a person can use it too: `ssh -F data/my-env/build/ssh_config web`. Nothing of
/// the user's own configuration is read.
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
    func write(_ hosts: [SSHHost], credentials: SSHCredentials) throws {
        var lines = hosts.flatMap { host in
            [
                "Host \(host.name)", "    HostName \(host.address)", "    Port \(host.port)", "    User \(host.user)",
                "",
            ]
        }
        lines += [
            "Host *",
            "    IdentityFile \(quoted(credentials.privateKeyPath.text))",
            "    IdentitiesOnly yes",
            "    BatchMode yes",
            "    UserKnownHostsFile \(quoted(knownHostsPath))",
            "    GlobalKnownHostsFile /dev/null",
            "    StrictHostKeyChecking yes",
            "    UpdateHostKeys no",
            "    ConnectTimeout 5",
            "    ServerAliveInterval 15",
            "    ServerAliveCountMax 4",
            "",
        ]
        try Folder.making(folder).put(Array(lines.joined(separator: "\n").utf8), at: Self.name)
    }

    /// Forgets all host keys.
    ///
    /// Only for the step that made or removed hosts: what was known may belong to hosts that are no more, and whoever
    /// waits for SSH next learns the keys anew.
    func forgetHostKeys() throws {
        try Folder.making(folder).put([], at: Self.knownHosts)
    }

    /// Makes sure that the paths in the configuration can be written in it.
    ///
    /// `ssh` fills in `${NAME}` in them, and there is no way to write these signs for themselves (OpenSSH 9.2).
    ///
    /// - Throws: ``StepError`` with the kind `invalid_path`.
    static func checkPaths(of context: StepContext) throws(StepError) {
        let key = context.environment.context.sshCredentials.privateKeyPath.text
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
