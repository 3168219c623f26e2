import EnvironmentDomain
import Testing

@Suite("An environment in any state", .quietLog)
struct ErasedEnvironmentTests {
    static let types: [any EnvironmentState.Type] = [
        Created.self, Provisioning.self, Provisioned.self, ProvisionFailed.self, Configuring.self, Configured.self,
        ConfigureFailed.self, Releasing.self, Released.self, ReleaseFailed.self, Running.self, RunFailed.self,
        Destroyed.self,
    ]

    @Test("The states are these 13 types, in this order")
    func states() {
        #expect(Self.types.map { $0.name } == LifecycleState.allCases)
        #expect(Self.types.map { String(describing: $0) } == LifecycleState.allCases.map(\.typeName))
    }

    @Test(
        "A handle is returned for the stored state, and an error for any other",
        arguments: LifecycleState.allCases, types.indices)
    func casting(stored: LifecycleState, wanted index: Int) throws {
        func cast<State: EnvironmentState>(_: State.Type) throws -> AnyEnvironmentState {
            try Sample.environment(in: stored).environment(as: State.self).erased
        }
        let wanted = Self.types[index]
        if wanted.name == stored {
            #expect(try cast(wanted) == Sample.environment(in: stored))
        } else {
            let error = #expect(throws: UnexpectedState.self) { try cast(wanted) }
            #expect(error?.expected == wanted.name)
            #expect(error?.actual == stored)
            #expect(
                error?.description == "Expected state '\(wanted.name.rawValue)', but found '\(stored.rawValue)'")
        }
    }

    @Test("A snapshot is erased to the case of its own state", arguments: LifecycleState.allCases)
    func erasing(state: LifecycleState) throws {
        // The `switch` has no default, so that a 14th case would not compile.
        let found: LifecycleState =
            switch try Sample.environment(in: state) {
            case .created: .created
            case .provisioning: .provisioning
            case .provisioned: .provisioned
            case .provisionFailed: .provisionFailed
            case .configuring: .configuring
            case .configured: .configured
            case .configureFailed: .configureFailed
            case .releasing: .releasing
            case .released: .released
            case .releaseFailed: .releaseFailed
            case .running: .running
            case .runFailed: .runFailed
            case .destroyed: .destroyed
            }
        #expect(found == state)
    }

    @Test("Environments in two states are two types")
    func overloads() throws {
        func which(_: borrowing Environment<Created>) -> String { "created" }
        func which(_: borrowing Environment<Provisioned>) -> String { "provisioned" }
        #expect(try which(Sample.created()) == "created")
        #expect(try which(Sample.provisioned()) == "provisioned")
    }
}

@Suite("The properties of an environment", .quietLog)
struct IntrospectionTests {
    struct Row: CustomTestStringConvertible {
        let state: LifecycleState
        let rawValue: String
        let typeName: String
        var isError = false
        var isTerminal = false
        var failedStep: String?
        var next: CommandName?
        var unfinished: CommandName?
        var hasInstance = false
        var hasProgress = false

        var testDescription: String { rawValue }
    }

    static let rows: [Row] = [
        Row(state: .created, rawValue: "created", typeName: "Created", next: .provision),
        Row(
            state: .provisioning, rawValue: "provisioning", typeName: "Provisioning", next: .provision,
            unfinished: .provision, hasProgress: true),
        Row(
            state: .provisioned, rawValue: "provisioned", typeName: "Provisioned", next: .configure,
            hasInstance: true),
        Row(
            state: .provisionFailed, rawValue: "provision_failed", typeName: "ProvisionFailed", isError: true,
            failedStep: "create_instance", next: .provision, unfinished: .provision, hasProgress: true),
        Row(
            state: .configuring, rawValue: "configuring", typeName: "Configuring", next: .configure,
            unfinished: .configure, hasInstance: true, hasProgress: true),
        Row(state: .configured, rawValue: "configured", typeName: "Configured", next: .release, hasInstance: true),
        Row(
            state: .configureFailed, rawValue: "configure_failed", typeName: "ConfigureFailed", isError: true,
            failedStep: "install_packages", next: .configure, unfinished: .configure, hasInstance: true,
            hasProgress: true),
        Row(
            state: .releasing, rawValue: "releasing", typeName: "Releasing", next: .release, unfinished: .release,
            hasInstance: true, hasProgress: true),
        Row(state: .released, rawValue: "released", typeName: "Released", next: .run, hasInstance: true),
        Row(
            state: .releaseFailed, rawValue: "release_failed", typeName: "ReleaseFailed", isError: true,
            failedStep: "unpack_release", next: .release, unfinished: .release, hasInstance: true,
            hasProgress: true),
        Row(
            state: .running, rawValue: "running", typeName: "Running", next: .run, unfinished: .run,
            hasInstance: true, hasProgress: true),
        Row(
            state: .runFailed, rawValue: "run_failed", typeName: "RunFailed", isError: true,
            failedStep: "wait_until_healthy", next: .run, unfinished: .run, hasInstance: true, hasProgress: true),
        Row(state: .destroyed, rawValue: "destroyed", typeName: "Destroyed", isTerminal: true),
    ]

    @Test("The table has a row for each state")
    func complete() {
        #expect(Self.rows.map(\.state) == LifecycleState.allCases)
    }

    @Test("Each state has the properties of its row", arguments: rows)
    func introspection(row: Row) throws {
        let environment = try Sample.environment(in: row.state)
        #expect(environment.state == row.state)
        #expect(environment.name.text == "my-env")
        #expect(environment.state.rawValue == row.rawValue)
        #expect(environment.state.typeName == row.typeName)
        #expect(environment.isSuccessState == !row.isError)
        #expect(environment.isErrorState == row.isError)
        #expect(environment.isTerminalState == row.isTerminal)
        #expect(environment.failure?.failedStep.text == row.failedStep)
        #expect(environment.nextCommand == row.next)
        #expect(environment.unfinishedCommand == row.unfinished)
        #expect(environment.instance?.address.text == (row.hasInstance ? Sample.instance : nil))
        #expect((environment.progress != nil) == row.hasProgress)
    }

    @Test("The description names the environment, its state and the step that failed", arguments: rows)
    func description(row: Row) throws {
        let text = "Environment 'my-env' is in state: \(row.rawValue)"
        #expect(
            try Sample.environment(in: row.state).description
                == (row.failedStep.map { "\(text) (failed at: \($0))" } ?? text))
    }

    @Test("A running environment with all steps complete has no unfinished and no next command")
    func finishedRunning() throws {
        let environment = try Sample.finishedRunning().erased
        #expect(environment.unfinishedCommand == nil)
        #expect(environment.nextCommand == nil)
        #expect(!environment.isTerminalState)
    }

    @Test(
        "A destroy in progress is the unfinished and the next command",
        arguments: LifecycleState.allCases.filter { $0 != .destroyed })
    func destroyUnderWay(state: LifecycleState) throws {
        let destruction = try Sample.destruction()
        let environment = try Sample.environment(in: state).with(destruction)
        #expect(environment.state == state)
        #expect(environment.unfinishedCommand == .destroy)
        #expect(environment.nextCommand == .destroy)
        #expect(environment.progress == destruction.progress)
    }

    @Test("The failure of a destroy comes before that of the state")
    func failedDestroy() throws {
        let failure = try Sample.failure("remove_instance", startedAt: 540)
        for state in [LifecycleState.provisioned, .runFailed] {
            let environment = try Sample.environment(in: state).with(Sample.destruction(failure: failure))
            #expect(environment.failure == failure)
            #expect(
                environment.description == "Environment 'my-env' is in state: \(state) (failed at: remove_instance)")
        }
    }

    @Test("A handle has the fields of its context and, with an instance, its address")
    func handle() throws {
        let environment = try Sample.provisioned()
        let context = environment.snapshot.context
        #expect(environment.name == context.name)
        #expect(environment.instanceName.text == "env-my-env")
        #expect(environment.sshCredentials == context.sshCredentials)
        #expect(environment.sshPort.number == 22)
        #expect(environment.createdAt == context.createdAt)
        #expect(environment.provider.kind == .workflow)
        #expect(environment.outputs == ["instance_address": Sample.instance])
        #expect(environment.instanceAddress.text == Sample.instance)
    }
}
