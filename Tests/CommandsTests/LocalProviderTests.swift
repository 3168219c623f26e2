import EnvironmentDomain
import OperatingSystem
import Testing

@testable import Commands

@Suite("The local provider")
struct LocalProviderTests {
    private let repository: SpyRepository
    private let name: EnvironmentName
    private var workspace: Workspace { repository.workspace(for: name) }
    private var orchestrator: DeploymentOrchestrator {
        DeploymentOrchestrator(provider: .local, repository: repository)
    }

    init() throws {
        repository = try SpyRepository()
        name = EnvironmentName("my-env")
    }

    private func created() -> Environment<Created> {
        guard let key = try? AbsolutePath("\(workspace.keys)/id_ed25519"),
            let publicKey = try? AbsolutePath("\(key).pub")
        else { preconditionFailure("the sample is valid") }
        return Environment(
            name: name,
            sshCredentials: SSHCredentials(username: "deploy", privateKeyPath: key, publicKeyPath: publicKey))
    }

    private var servicePID: Int32? {
        get async { await repository.load(name)?.document.context.outputs["service_pid"].flatMap { Int32($0) } }
    }

    @Test("makes a real instance, starts a process that runs on, and removes exactly these")
    func wholeLife() async throws {
        _ = try await orchestrator.deploy(name, until: .run, creating: created)
        #expect(try read("\(workspace.instance)/facts.txt").contains("host=\(ThisProcess.hostName)\n"))
        #expect(try read("\(workspace.instance)/configuration").contains("INSTANCE_ADDRESS=127.0.0.1\n"))
        #expect(try mode("\(workspace.keys)/id_ed25519") == 0o600)
        #expect(try read("\(workspace.keys)/id_ed25519.pub").hasPrefix("ssh-ed25519 "))
        let process = try #require(await servicePID)
        #expect(ThisProcess.startTime(of: process) != nil)
        #expect(try read("\(workspace.instance)/heartbeat").hasPrefix("\(process) "))

        try write("mine", to: "\(workspace.instance)/notes.txt")
        let report = try #require(try await orchestrator.destroy(name))
        #expect(report.stored.document.state == .destroyed)
        #expect(ThisProcess.startTime(of: process) == nil)
        #expect(names(in: workspace.instance) == ["notes.txt"])
        #expect(names(in: workspace.root.text) == ["busy", "instance", "logs"])
    }

    @Test("releases a second version, restarts the service with it, and switches back to the first one")
    func secondRelease() async throws {
        func deploy(_ tag: String, from first: Phase?) async throws -> (release: String, process: Int32) {
            _ = try await orchestrator.deploy(
                name, until: .run, from: first, parameters: ["tag": tag], creating: created)
            let outputs = try #require(await repository.load(name)).document.context.outputs
            return (try #require(outputs["release"]), try #require(await servicePID))
        }
        func heartbeat() throws -> Substring? {
            try read("\(workspace.instance)/heartbeat").dropLast().split(separator: " ").last
        }
        let first = try await deploy("v1", from: nil)
        #expect(try heartbeat() == Substring(first.release))
        let second = try await deploy("v2", from: .release)
        #expect(second.release != first.release && second.process != first.process)
        #expect(ThisProcess.startTime(of: first.process) == nil)
        #expect(try heartbeat() == Substring(second.release))
        #expect(try read("\(workspace.instance)/releases/\(second.release)/parameters") == "tag=v2\n")
        let back = try await deploy("v1", from: .release)
        #expect(back.release == first.release)
        #expect(try heartbeat() == Substring(first.release))
        #expect(Set(names(in: "\(workspace.instance)/releases")) == [first.release, second.release])
        _ = try await orchestrator.destroy(name)
        #expect(ThisProcess.startTime(of: back.process) == nil)
    }

    @Test("removes an instance completely when it has no foreign files")
    func leavesNothing() async throws {
        _ = try await orchestrator.deploy(name, until: .configure, creating: created)
        _ = try await orchestrator.destroy(name)
        #expect(names(in: workspace.root.text) == ["busy", "logs"])
    }

    @Test("changes nothing in a folder that it did not create")
    func foreignFolder() async throws {
        try write("", to: "\(workspace.root)/\(Workspace.busyLockName)")
        try write("precious", to: "\(workspace.instance)/data")
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator.deploy(name, until: .provision, creating: created)
        }
        #expect(error?.failure?.errorKind == "foreign_instance")
        _ = try await orchestrator.destroy(name)
        #expect(try read("\(workspace.instance)/data") == "precious")
    }

    @Test("creates nothing in a folder that is not an environment's", arguments: ["logs", "keys", "instance", "src"])
    func folderOfOthers(entry: String) async throws {
        try write("precious", to: "\(workspace.root)/\(entry)/data")
        let error = await #expect(throws: CommandError.self) {
            _ = try await orchestrator.deploy(name, until: .provision, creating: created)
        }
        #expect(error?.failedSave?.code == .foreignFolder)
        #expect(names(in: workspace.root.text) == [entry])
        try await repository.withLease(name, for: .purge) { lease in try await lease.delete() }
        #expect(try read("\(workspace.root)/\(entry)/data") == "precious")
    }

    @Test("generates a key pair again of which only one half was written")
    func halfKey() async throws {
        try write("", to: "\(workspace.root)/\(Workspace.busyLockName)")
        try write("half a pair", to: "\(workspace.keys)/id_ed25519.pub")
        try write("half a key", to: "\(workspace.keys)/.id_ed25519.new")
        _ = try await orchestrator.deploy(name, until: .provision, creating: created)
        #expect(try read("\(workspace.keys)/id_ed25519").hasPrefix("-----BEGIN OPENSSH PRIVATE KEY-----"))
        #expect(try read("\(workspace.keys)/id_ed25519.pub").hasPrefix("ssh-ed25519 "))
        #expect(names(in: workspace.keys) == ["id_ed25519", "id_ed25519.pub"])
    }

    @Test("neither overwrites nor removes a key of the user's own, wherever it is")
    func ownKey() async throws {
        try write("", to: "\(workspace.root)/\(Workspace.busyLockName)")
        try write("my own key", to: "\(workspace.keys)/mine")
        let path = try AbsolutePath("\(workspace.keys)/mine")
        let credentials = SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: path, publicKeyPath: try AbsolutePath("\(path).pub"))
        _ = try await orchestrator.deploy(name, until: .provision) {
            Environment(name: name, sshCredentials: credentials)
        }
        _ = try await orchestrator.destroy(name)
        #expect(try read(path.text) == "my own key")
    }

    @Test("switches the release in one step and keeps the one before")
    func releases() async throws {
        _ = try await orchestrator.deploy(name, until: .configure, creating: created)
        for _ in 0..<3 {
            // Release again from its first step, as after a failure.
            let stored = try #require(await repository.load(name)).document
            _ = try await repository.withLease(name, for: .release) { lease in
                try await lease.save(
                    stored, event: HistoryEvent(command: .save, commandID: .random(), change: .saved))
            }
            let configured = try stored.environment(as: Configured.self)
            _ = try await ReleaseCommand(provider: .local, repository: repository).execute(configured)
            try await repository.save(stored)
            try await Task.sleep(for: .milliseconds(2))
        }
        let releases = names(in: "\(workspace.instance)/releases")
        #expect(releases.count == 2)
        let folder = try Folder(workspace.instance)
        #expect(folder.target(ofLink: "previous") == "releases/\(releases[0])")
        #expect(folder.target(ofLink: "current") == "releases/\(releases[1])")
    }

    @Test("reports a service that has ended")
    func deadService() async throws {
        _ = try await orchestrator.deploy(name, until: .run, creating: created)
        let process = try #require(await servicePID)
        ThisProcess.signal(Signals.kill, to: -process)
        while ThisProcess.startTime(of: process) != nil { try await Task.sleep(for: .milliseconds(10)) }
        let check = try #require(Provider.local.steps(of: .run).last)
        let stored = try #require(await repository.load(name)).document
        let failing = RunCommand(
            provider: Provider(ProviderReference(kind: .local), steps: [.run: [check]]), repository: repository)
        var snapshot = try stored.environment(as: Running.self).snapshot
        snapshot.state.progress = StepProgress(command: CommandRun())
        try await repository.save(snapshot.erased)
        let error = await #expect(throws: CommandError.self) {
            _ = try await failing.resume(snapshot.erased.environment(as: Running.self))
        }
        #expect(error?.failure?.errorKind == "service_ended")
        _ = try await orchestrator.destroy(name)
    }
}
