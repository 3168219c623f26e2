import Foundation
import OperatingSystem
import Testing

/// An SSH server on the loopback device with its own users, host names and programs, in a mount namespace.
///
/// All users have the number of root, because no other user may access a sandbox.
struct LoopbackServer {
    let sandbox: Sandbox
    let port: Int
    private let server: Program

    /// A host name that only the server can resolve, as for a machine behind a jump host.
    static let hiddenName = "inner.example"

    /// The login shells by user; a missing program means that there is no such user.
    static let shells = [
        "plain": "/bin/bash", "noisy": "/bin/bash", "exiting": "/bin/bash", "csh": "/bin/tcsh", "fish": "/usr/bin/fish",
        "nologin": "/usr/sbin/nologin",
    ]

    /// Starts a server that accepts the key `key` of the sandbox, and stops it after `body`.
    static func with(_ body: (LoopbackServer) async throws -> Void) async throws {
        let sandbox = try Sandbox()
        var lines = ""
        for (user, shell) in shells {
            try FileManager.default.createDirectory(
                atPath: sandbox.path("home-\(user)"), withIntermediateDirectories: true)
            lines += "\(user):x:0:0::\(sandbox.path("home-\(user)")):\(shell)\n"
        }
        try sandbox.write("echo noise\nprintf unterminated\necho noise >&2\n", to: "home-noisy/.bashrc")
        try sandbox.write("exit 3\n", to: "home-exiting/.bashrc")
        try await sandbox.shell(
            "mkdir bin && ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f host")
        let passwd = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
        try sandbox.write(passwd + lines, to: "passwd")
        try sandbox.write("127.0.0.1 localhost \(hiddenName)\n", to: "hosts")
        var started: LoopbackServer?
        for _ in 0..<20 where started == nil {
            started = try await LoopbackServer(sandbox, port: Int.random(in: 21000...29000))
        }
        let server = try #require(started, "no port was free")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        server.server.kill()
        _ = await server.server.end()
        try result.get()
    }

    /// Starts a server; `nil` when another process uses the port.
    private init?(_ sandbox: Sandbox, port: Int) async throws {
        self.sandbox = sandbox
        self.port = port
        try sandbox.write(
            """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(sandbox.path("host"))
            AuthorizedKeysFile \(sandbox.path("key.pub"))
            StrictModes no
            UsePAM no
            PidFile none
            PermitRootLogin yes
            Subsystem sftp internal-sftp
            SetEnv PATH=\(sandbox.path("bin")):/usr/local/bin:/usr/bin:/bin
            """, to: "sshd_config")
        server = try sandbox.start(
            [],
            shell: """
                exec unshare -m sh -c 'mount --bind passwd /etc/passwd && mount --bind hosts /etc/hosts &&
                    mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "$PWD/sshd_config"'
                """)
        let program = server
        try await wait(for: "the SSH server") { program.errors.contains("\n") || !isAlive(program.identifier) }
        guard program.errors.contains("listening on") else {
            program.kill()
            _ = await program.end()
            return nil
        }
    }

    /// Runs a script on the server.
    func onServer(_ script: String) async throws {
        try await sandbox.shell(
            "ssh -F none -i key -p \(port) -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
                + "-o LogLevel=error plain@127.0.0.1 \(script.quotedForShell)")
    }

    /// Writes an infrastructure folder with this server as its host.
    func infrastructure(user: String, address: String = "127.0.0.1", port: Int? = nil, playbook: String? = nil) throws {
        try sandbox.infrastructure(
            """
            output "instance_address" { value = "\(address)" }
            output "hosts" { value = { web = { address = "\(address)", port = \(port ?? self.port), user = "\(user)" } } }
            """, playbook.map { ["playbooks/configure/10-one.yml": $0] } ?? [:])
    }

    /// Runs the program on the infrastructure folder, with the server's key.
    func run(_ options: String..., key: String = "key", variables: [String: String] = [:]) async throws -> Outcome {
        try await sandbox.run(
            ["my-env", "--infrastructure", "infra", "--ssh-key", key] + options,
            variables: ["PATH": RealHosts.searchPath].merging(variables) { $1 })
    }

    /// Returns the stored failure.
    func failure() throws -> (kind: String?, summary: String) {
        let failure = try sandbox.body()["state"]["failure"]
        return (failure["error_kind"].text, failure["summary"].text ?? "")
    }
}
