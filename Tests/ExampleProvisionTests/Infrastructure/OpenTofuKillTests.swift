import Foundation
import OperatingSystem
import TestSupport
import Testing

/// Serialized tests, each of which kills a process in the middle of a long run.
@Suite("Infrastructure during its creation", .slow, .serialized, .enabled(if: Terraform.isThere, Terraform.reason))
struct OpenTofuKillTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Starts an apply of three resources, two of which stay incomplete.
    private func start() async throws -> Program {
        try sandbox.infrastructure(Terraform.waiting(3))
        let program = try sandbox.start(["my-env", "--infrastructure", "infra", "--until", "provisioned"])
        try await wait(for: "the first resource") {
            program.errors.contains("terraform_data.host[0]: created") && sandbox.lines("home/begun").count == 3
        }
        // OpenTofu or Terraform reports a resource before it writes its state; a kill between the two would lose the
        // resource.
        var last = ""
        try await wait(for: "a state that stays as it is", every: .milliseconds(300)) {
            let state = sandbox.read(sandbox.toolState) ?? ""
            defer { last = state }
            return state == last && (try? JSON(state)) != nil
        }
        return program
    }

    /// Repeats the command, and checks that each resource was completed, none twice, and that the state contains all of
    /// them.
    private func continueDeployment(sourceLocation: SourceLocation = #_sourceLocation) async throws -> Outcome {
        try await continueTool()
        let outcome = try await sandbox.run("my-env", "--until", "provisioned", "--lock-timeout", "500")
        #expect(outcome.code == 0, "\(outcome)", sourceLocation: sourceLocation)
        #expect(sandbox.lines("home/made").sorted() == ["0", "1", "2"], sourceLocation: sourceLocation)
        #expect(
            try sandbox.resources() == (0..<3).map { "terraform_data.host[\($0)]" }, sourceLocation: sourceLocation)
        try sandbox.checkStored(sourceLocation: sourceLocation)
        return outcome
    }

    /// Lets the resources be completed, after all killed processes have ended.
    private func continueTool() async throws {
        let folder = try Folder(sandbox.path("data/my-env"))
        try await wait(for: "what was killed") { try !FileLock.isHeld("busy", in: folder) }
        try sandbox.continueTool()
    }

    @Test("that is stopped names its possible remains, and is resumed later", arguments: [Int32(2), 15, 1])
    func stopped(signal: Int32) async throws {
        let program = try await start()
        program.signal(signal)
        let outcome = await program.end()
        #expect(outcome.code == 128 + signal)
        #expect(outcome.errors.contains("may have left something"), "\(outcome)")
        #expect(outcome.errors.contains("terraform_data.host[1],terraform_data.host[2]"))
        #expect(try sandbox.stateName() == "Provisioning" && sandbox.toolProcesses().isEmpty)
        _ = try await continueDeployment()
    }

    @Test("that systemd stops by the documented unit leaves every resource known to the tool")
    func unit() async throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
                "Documentation/operations.md")
        let mode = try #require(readText(page.path)?.firstMatch(of: #/\nKillMode=(\S+)/#)?.1)
        let program = try await start()
        // In systemd.kill(5), "mixed" signals the main process first and "control-group" all processes of the unit.
        let targets = mode == "mixed" ? [program.identifier] : [program.identifier] + sandbox.toolProcesses()
        for process in targets { ThisProcess.signal(Signals.terminate, to: process) }
        #expect(await program.end().code == 143)
        #expect(sandbox.toolProcesses().isEmpty)
        #expect(try sandbox.resources().count == 3)
        _ = try await continueDeployment()
    }

    @Test("ends immediately on a second signal, and repeats the interrupted resources later")
    func stoppedTwice() async throws {
        let program = try await start()
        program.signal(Signals.interrupt)
        try await Task.sleep(for: .milliseconds(50))
        program.signal(Signals.interrupt)
        #expect(await program.end().code == 130)
        #expect(sandbox.toolProcesses().isEmpty)
        try await restoreWhenDamaged()
        _ = try await continueDeployment()
    }

    @Test("has a complete state after a kill of this program")
    func killed() async throws {
        let program = try await start()
        program.kill()
        _ = await program.end()
        let outcome = try await continueDeployment()
        #expect(outcome.errors.contains("was not seen to end and may have left something"), "\(outcome)")
    }

    @Test("repeats interrupted provisioners after a kill of the tool")
    func toolKilled() async throws {
        let program = try await start()
        let tool = try #require(sandbox.toolProcesses().first)
        // Resources that are made concurrently are not always in the state before they are complete.
        let known = try sandbox.resources().filter { $0 != "terraform_data.host[0]" }
        ThisProcess.signal(Signals.kill, to: tool)
        let outcome = await program.end()
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.errors.contains("signal 9") || outcome.errors.contains("tool_state_damaged"))
        try await restoreWhenDamaged()
        let again = try await continueDeployment()
        for resource in known { #expect(again.errors.contains("\(resource): removing"), "\(again)") }
    }

    @Test("is resumed when program and tool are killed together")
    func bothKilled() async throws {
        let program = try await start()
        let tool = try #require(sandbox.toolProcesses().first)
        program.kill()
        ThisProcess.signal(Signals.kill, to: tool)
        _ = await program.end()
        try await restoreWhenDamaged()
        _ = try await continueDeployment()
    }

    /// Follows the advice of the error if the kill came while the state was written.
    private func restoreWhenDamaged() async throws {
        let state = sandbox.read(sandbox.toolState) ?? ""
        guard (try? JSON(state)) == nil else { return }
        let refused = try await sandbox.run("my-env", "--until", "provisioned", "--lock-timeout", "500")
        let command = try #require(refused.lastWord.firstMatch(of: #/put it back with: (cp \S+ \S+)\./#), "\(refused)")
        try await sandbox.shell(String(command.output.1))
    }

    @Test("is destroyed when it is incomplete")
    func destroyed() async throws {
        let program = try await start()
        program.kill()
        _ = await program.end()
        try await continueTool()
        let outcome = try await sandbox.run("my-env", "--destroy", "--lock-timeout", "500")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(!sandbox.exists("data/my-env/build") && sandbox.toolProcesses().isEmpty)
    }

    @Test("resumes a destroy that was stopped")
    func stoppedDestroy() async throws {
        try sandbox.infrastructure(
            """
            resource "terraform_data" "slow" {
              provisioner "local-exec" {
                when    = destroy
                command = "touch \\"$HOME/begun\\"; until [ -e \\"$HOME/go\\" ]; do sleep 0.1; done; echo gone >> \\"$HOME/gone\\""
              }
            }
            """ + Terraform.noHosts)
        #expect(try await sandbox.run("my-env", "--infrastructure", "infra").code == 0)
        let program = try sandbox.start(["my-env", "--destroy"])
        try await wait(for: "the destroy") { sandbox.exists("home/begun") }
        program.signal(Signals.interrupt)
        let stopped = await program.end()
        #expect(stopped.code == 130, "\(stopped)")
        try await sandbox.shell("touch home/go")
        let outcome = try await sandbox.run("my-env", "--destroy")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(sandbox.lines("home/gone") == ["gone"])
    }
}
