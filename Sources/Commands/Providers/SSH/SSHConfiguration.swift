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

    /// A path as `ssh` reads it in its configuration, where a percent sign begins something else.
    private func quoted(_ path: String) -> String {
        var text = ""
        for character in path {
            switch character {
            case "%": text += "%%"
            case "\"", "\\": text += "\\\(character)"
            default: text.append(character)
            }
        }
        return "\"\(text)\""
    }
}
