import Foundation
import OperatingSystem
import Testing

/// A sandbox with an infrastructure folder and its hosts.
final class RealSite: Sendable {
    let sandbox: Sandbox

    /// The folder of the package's examples.
    static let examples =
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Examples")
        .standardizedFileURL.path + "/infrastructure"

    private init() throws { sandbox = try Sandbox() }

    /// Runs `body` with a copy of the example with namespace hosts.
    ///
    /// - Parameters:
    ///   - hosts: The names of the hosts.
    ///   - system: The system that runs on the hosts.
    ///   - playbooks: The playbooks to copy, for example `configure/10-base.yml`; `nil` for all.
    /// - Returns: The result of `body`; afterwards no host exists.
    static func with<Result>(
        hosts: [String] = ["web"], system: String = "sshd", playbooks: [String]? = nil,
        _ body: (RealSite) async throws -> Result
    ) async throws -> Result {
        let site = try RealSite()
        try await site.sandbox.shell("cp -r '\(examples)/namespace-hosts' infrastructure")
        if let playbooks {
            try await site.sandbox.shell("rm -r infrastructure/playbooks")
            for name in playbooks {
                try await site.sandbox.shell(
                    "mkdir -p 'infrastructure/playbooks/\(name)' && rmdir 'infrastructure/playbooks/\(name)' && "
                        + "cp '\(examples)/namespace-hosts/playbooks/\(name)' 'infrastructure/playbooks/\(name)'")
            }
        }
        let names = hosts.map { "\"\($0)\"" }.joined(separator: ",")
        try site.write("{\"hosts\":[\(names)],\"system\":\"\(system)\"}", to: "site.auto.tfvars.json")
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(site))
        } catch {
            result = .failure(error)
        }
        for process in try await site.hostProcesses() { ThisProcess.signal(Signals.kill, to: process) }
        try await site.sandbox.shell("umount -l data 2>/dev/null || :")
        return try result.get()
    }

    // MARK: Running

    private static let variables = ["PATH": RealHosts.searchPath]

    func start(
        _ arguments: [String], environment: String = "my-env", variables: [String: String] = [:]
    ) throws -> Program {
        let isNew = !sandbox.exists("data/\(environment)/state.json")
        return try sandbox.start(
            [environment] + arguments + (isNew ? ["--infrastructure", "infrastructure"] : []),
            variables: Self.variables.merging(variables) { $1 })
    }

    func run(
        _ arguments: String..., environment: String = "my-env", variables: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        try await start(arguments, environment: environment, variables: variables)
            .end(sourceLocation: sourceLocation)
    }

    /// Runs the program, which must succeed.
    @discardableResult
    func succeed(
        _ arguments: String..., environment: String = "my-env", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        let outcome = try await start(arguments, environment: environment)
            .end(sourceLocation: sourceLocation)
        try #require(outcome.code == 0, "\(outcome.testDescription)", sourceLocation: sourceLocation)
        return outcome
    }

    @discardableResult
    func shell(_ script: String) async throws -> String {
        let outcome = try await sandbox.run([], variables: Self.variables, shell: script)
        guard outcome.code == 0 else {
            throw TimeIsUp(description: "the script \(script) ended with \(outcome.end): \(outcome.errors)")
        }
        return outcome.output
    }

    /// Runs a script that can call the program by its name.
    func script(_ script: String) async throws -> Outcome {
        let folder = (Program.path as NSString).deletingLastPathComponent
        return try await sandbox.start([], variables: ["PATH": "\(folder):\(RealHosts.searchPath)"], shell: script)
            .end()
    }

    /// Writes a file of the infrastructure folder.
    func write(_ text: String, to name: String) throws {
        let path = sandbox.path("infrastructure/\(name)")
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try sandbox.write(text, to: "infrastructure/\(name)")
    }

    // MARK: Inspecting

    /// Returns the outermost processes of the existing hosts.
    func hostProcesses() async throws -> [Int32] {
        // Their command lines contain the environment's folder; the first word distinguishes them from the search
        // itself.
        let text = try await sandbox.shell(
            """
            for f in /proc/[0-9]*; do
                if [ "$(cat $f/comm 2>/dev/null)" = unshare ] && grep -qF '\(sandbox.root)/' $f/cmdline 2>/dev/null
                then echo ${f#/proc/}; fi
            done
            """)
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    /// Returns the network links of this machine that lead to the site's hosts.
    func links(_ environment: String = "my-env", hosts: [String] = ["app", "web"]) async throws -> [String] {
        let names = hosts.map { "'\(sandbox.data)/\(environment)/instance/hosts/\($0)'" }.joined(separator: " ")
        let text = try await sandbox.shell(
            "for h in \(names); do n=h$(printf %s \"$h\" | cksum | cut -d' ' -f1); [ ! -e /sys/class/net/$n ] || echo $n; done"
        )
        return text.split(separator: "\n").map(String.init)
    }

    /// Checks that nothing of the environment remains on this machine.
    func checkNothingLeft(
        _ environment: String = "my-env", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await hostProcesses() == [], sourceLocation: sourceLocation)
        #expect(try await links(environment) == [], sourceLocation: sourceLocation)
        #expect(
            try await shell("grep -F '\(sandbox.root)/' /proc/mounts || :") == "", sourceLocation: sourceLocation)
        #expect(
            try await shell("ls -d \"$TMPDIR\"/te-* 2>/dev/null || :") == "", sourceLocation: sourceLocation)
        #expect(!sandbox.exists("data/\(environment)/instance/hosts/web"), sourceLocation: sourceLocation)
    }

    /// Returns the stored address of a host.
    func address(of host: String, _ environment: String = "my-env") throws -> String {
        let hosts = try JSON(try #require(try sandbox.outputs(environment)["hosts"]))
        return try #require(hosts[host]["address"].text)
    }

    /// Fetches a page.
    func fetch(_ url: String) async throws -> String {
        try await shell(
            "python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode(), end=\"\")' '\(url)'"
        )
    }
}
