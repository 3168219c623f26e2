import EnvironmentDomain
import Foundation
import IntegrationTestSupport
import Persistence
import Testing

@Suite("The example deploy-service")
struct DeployServiceTests {
    private func state(_ name: String, in folder: String) async throws -> StoredEnvironment? {
        try await FileEnvironmentRepository(dataFolder: "\(folder)/data").load(try EnvironmentName(name))
    }

    @Test("deploys with the local provider, and shows logs, metrics and spans")
    func deploys() async throws {
        try await withTemporaryFolder { folder in
            let program = try RunningProgram("deploy-service", ["my-env", "\(folder)/data"], in: folder)
            let (status, output, errors) = try await program.end()
            #expect(status == 0)
            #expect(try await state("my-env", in: folder)?.document.state == .configured)
            #expect(errors.contains("from_state=configuring instance_name=env-my-env to_state=configured"))
            #expect(
                output.contains(
                    "metric.name=environment_transitions metric.dimensions=[from=configuring,to=configured]"))
            #expect(
                output.contains(
                    "metric.name=environment_lock_wait metric.dimensions=[command=configure,outcome=acquired]"))
            let spans = output.split(separator: "\n").filter { $0.hasPrefix("span ") }.map { line in
                String(line.dropFirst(5).prefix { !$0.isNumber })
            }
            #expect(
                spans == [
                    "deploy ", "  provision ", "    create_instance ", "    generate_keys ", "    wait_until_ready ",
                    "  configure ", "    write_configuration ", "    verify_configuration ",
                ])
        }
    }

    @Test("is stopped by SIGTERM in the middle of a step, resumes when it is run again, and reports a failure")
    func resumes() async throws {
        try await withTemporaryFolder { folder in
            let workflow = "\(folder)/workflow.json"
            func write(slow: String) throws {
                let text = """
                    {
                      "provision": [
                        {"name": "create_instance", "run": "echo instance_address=127.0.0.1 >> \\"$OUTPUTS\\""},
                        {"name": "slow", "run": "touch \\"$DATA_DIR/started\\"; \(slow)"}
                      ],
                      "configure": [{"name": "install", "run": "exit 3", "retries": 1, "retry_delay_seconds": 0.01}]
                    }
                    """
                try Data(text.utf8).write(to: URL(filePath: workflow))
            }
            let arguments = ["web", "\(folder)/data", workflow]

            try write(slow: "exec sleep 600")
            let stopped = try RunningProgram("deploy-service", arguments, in: folder)
            try await waitForFile("\(folder)/data/started")
            stopped.terminate()
            let (stoppedStatus, _, stoppedErrors) = try await stopped.end()
            #expect(stoppedStatus == 0)
            #expect(
                stoppedErrors.contains("environment_state=provisioning [typed-environments] stopped for a shutdown"))
            #expect(try await state("web", in: folder)?.document.state == .provisioning)

            try write(slow: "true")
            let (status, output, errors) = try await RunningProgram("deploy-service", arguments, in: folder).end()
            #expect(status == 1)
            #expect(try await state("web", in: folder)?.document.state == .configureFailed)
            #expect(errors.contains("an earlier run was interrupted in step slow; resuming from there"))
            #expect(errors.contains("configure of web failed in step install: exited with status 3"))
            #expect(!output.contains("environment.step=create_instance"), "it is done and is not run again")
            #expect(output.contains("! attempt failed: attempt=2 error_kind=exit_status"))
        }
    }
}
