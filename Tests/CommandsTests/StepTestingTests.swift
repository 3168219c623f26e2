import Commands
import EnvironmentDomain
import Testing

@Suite("A step that is tested alone")
struct StepTestingTests {
    @Test("finds outputs, parameters and the state of its phase", arguments: Phase.allCases)
    func context(phase: Phase) async throws {
        let context = try StepContext.testing(
            "publish", outputs: ["port": "8080"], parameters: ["tag": "v1"], phase: phase, attempt: 3)
        let step = Step("publish") { step in
            #expect(step[.port] == 8080 && step.parameters == ["tag": "v1"] && step.attempt == 3)
            #expect(step.command == phase.command && step.environment.name == "test-env")
            try step.set(.port, to: 9090)
            step.log("published")
            try await step.run("sh", "-c", "echo \"from=$PARAM_TAG $OUTPUT_PORT\" >> $OUTPUTS; echo printed")
        }
        try await step.run(context)
        #expect(try context.writtenOutputs() == ["port": "9090", "from": "v1 8080"])
        #expect(context.loggedLines == ["published", "printed"])
        let isBefore: Set<LifecycleState> = [.provisioning, .provisioned, .configuring, .releasing, .running]
        #expect(isBefore.contains(context.environment.state))
    }

    @Test("leaves nothing in the temporary folder")
    func temporaryFolder() async throws {
        var context: StepContext? = try StepContext.testing()
        let root = try #require(context?.workspace.root.text)
        context?.log("a line")
        #expect(!names(in: root).isEmpty)
        context = nil
        #expect(names(in: root).isEmpty)
    }

    @Test("throws the step's error")
    func failing() async throws {
        let error = await #expect(throws: StepError.self) {
            try await Step("a") { try await $0.run("false") }.run(StepContext.testing())
        }
        #expect(error?.kind == "exit_status")
    }

    @Test("names outputs that a command would refuse")
    func refusedOutputs() async throws {
        let context = try StepContext.testing()
        try await Step.shell("a", "echo nonsense >> $OUTPUTS").run(context)
        #expect(throws: StepError.self) { try context.writtenOutputs() }
    }
}
