import EnvironmentDomain
import Synchronization

/// Sample environments in every state, created by public transitions.
struct Sample {
    private let name: EnvironmentName
    private var random: SplitMix64?
    private var run: CommandRun
    private var failure: StepFailure
    private var first: EnvironmentSnapshot<Created>

    /// Returns an environment with fixed values or, with a seed, with generated ones.
    static func environment(
        _ state: LifecycleState = .created, name: String = "my-env", seed: UInt64? = nil
    ) throws -> AnyEnvironmentState {
        try EnvironmentLog.withHandler({ _ in }) { try Sample(name: name, seed: seed).in(state) }
    }

    /// Returns an environment that is different from all others of this function.
    static func next(name: String = "my-env") throws -> AnyEnvironmentState {
        try environment(name: name, seed: counter.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    private static let counter = Atomic<UInt64>(0)

    static func transition(_ command: CommandName = .provision) throws -> HistoryEvent {
        HistoryEvent(command: command, commandID: .random(), change: .transition(from: .created, to: .created))
    }

    /// Returns the stored environment when `environment(state)` is the second save, with fixed identifiers and times.
    static func stored(_ state: LifecycleState = .created) throws -> StoredEnvironment {
        let time = try Timestamp("2026-11-20T22:20:02.456Z")
        let event = HistoryEvent(
            at: time, command: .provision, commandID: try CommandID(String(repeating: "c0", count: 16)),
            change: .transition(from: .created, to: state))
        return StoredEnvironment(
            document: try environment(state), lineage: try Lineage(String(repeating: "8d0f", count: 8)), serial: 2,
            savedAt: time,
            line: HistoryLine(serial: 2, event: event, previous: Checksum(of: Array("the first line".utf8)), missed: [])
        )
    }

    private init(name: String, seed: UInt64?) throws {
        self.name = try EnvironmentName(name)
        random = seed.map(SplitMix64.init)
        let start = Timestamp(millisecondsSince1970: 1_795_213_141_123)
        run = CommandRun(id: try CommandID(String(repeating: "1a", count: 16)), startedAt: start)
        failure = StepFailure(
            failedStep: StepName("wait_for_port"), errorKind: "timeout", summary: "port 22 did not answer",
            startedAt: start, failedAt: Timestamp(millisecondsSince1970: 1_795_213_151_124), attempts: 3,
            traceID: try TraceID(String(repeating: "7e", count: 16)),
            traceFile: try AbsolutePath("/data/my-env/traces/7e7e.txt"))
        let digest = try Checksum("crc32c:5e6f7a8b")
        let credentials = SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id_ed25519"),
            publicKeyPath: try AbsolutePath("/keys/id_ed25519.pub"))
        first =
            Environment<Created>(
                name: self.name, sshCredentials: credentials,
                provider: ProviderReference(
                    kind: .workflow, source: try AbsolutePath("/deploy/workflow.json"), digest: digest),
                createdAt: start
            ).snapshot
        if random != nil { try vary() }
    }

    /// Replaces the fixed values by generated ones.
    private mutating func vary() throws {
        let start = Timestamp(millisecondsSince1970: Int64(number(1 << 42)))
        run = CommandRun(id: .random(), startedAt: start)
        failure = StepFailure(
            failedStep: try StepName("step_\(number(99))"), errorKind: "exit_status", summary: text(), startedAt: start,
            failedAt: .now(), attempts: number(9) + 1, traceID: .random(),
            traceFile: number(2) == 0 ? nil : try AbsolutePath("/" + "é/\"x\"/\(number(9))"))
        let credentials = SSHCredentials(
            username: try SSHUsername("u\(number(1000))"), privateKeyPath: try AbsolutePath("/k \(number(9))/ü"),
            publicKeyPath: try AbsolutePath("/\\\(number(9))"))
        first =
            Environment<Created>(
                name: name, sshCredentials: credentials, sshPort: try SSHPort(number(65535) + 1),
                provider: ProviderReference(
                    kind: .opentofu, source: number(2) == 0 ? nil : try AbsolutePath("/p"),
                    digest: number(2) == 0 ? nil : Checksum(of: Array(text().utf8))),
                createdAt: start
            ).snapshot
        for index in 0..<number(4) { first.context.outputs["output_\(index)"] = text() }
        if number(3) == 0 {
            var progress = StepProgress(command: run)
            progress.start(StepName("remove_instance"), at: start)
            first.context.destruction = Destruction(progress: progress, failure: number(2) == 0 ? nil : failure)
        }
    }

    private mutating func number(_ bound: Int) -> Int {
        random.map { generator in
            var generator = generator
            defer { random = generator }
            return Int.random(in: 0..<bound, using: &generator)
        } ?? 0
    }

    /// Returns a text with all characters that JSON must escape, and with some that it need not.
    private mutating func text() -> String {
        let pieces = ["\"", "\\", "/", "\n", "\u{1}", "\u{7f}", "é", "e\u{301}", "🙂", "</b>", "a", "\u{2028}", " "]
        return (0..<number(12)).map { _ in pieces[number(pieces.count)] }.joined()
    }

    private func `in`(_ state: LifecycleState) throws -> AnyEnvironmentState {
        switch state {
        case .created: first.erased
        case .provisioning: try provisioning().erased
        case .provisioned: try provisioned().erased
        case .provisionFailed: try provisioning().provisionFailed(failure).erased
        case .configuring: try configuring().erased
        case .configured: try configuring().configured().erased
        case .configureFailed: try configuring().configureFailed(failure).erased
        case .releasing: try releasing().erased
        case .released: try releasing().released().erased
        case .releaseFailed: try releasing().releaseFailed(failure).erased
        case .running: try running().erased
        case .runFailed: try running().runFailed(failure).erased
        case .destroyed: try running().destroyed().erased
        }
    }

    private func provisioning() throws -> Environment<Provisioning> {
        try advanced(Environment(first).startProvisioning(run))
    }

    private func provisioned() throws -> Environment<Provisioned> {
        try provisioning().provisioned(Instance(address: try InstanceAddress("10.0.0.7")))
    }

    private func configuring() throws -> Environment<Configuring> {
        try advanced(provisioned().startConfiguring(run))
    }

    private func releasing() throws -> Environment<Releasing> {
        try advanced(configuring().configured().startReleasing(run))
    }

    private func running() throws -> Environment<Running> {
        try advanced(releasing().released().startRunning(run))
    }

    /// Returns the same environment with one completed step and a current one.
    private func advanced<State: InProgressState>(
        _ environment: consuming Environment<State>
    ) throws -> Environment<State> {
        var snapshot = environment.snapshot
        let start = run.startedAt
        snapshot.state.progress.start(StepName("prepare"), at: start)
        snapshot.state.progress.complete(StepName("prepare"), startedAt: start, at: start, attempts: 1)
        snapshot.state.progress.start(StepName("wait_for_port"), at: start)
        return Environment(snapshot)
    }
}

/// A small random number generator with a seed (Steele, Lea and Flood 2014).
private struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
