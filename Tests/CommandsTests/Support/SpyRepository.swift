import EnvironmentDomain
import Persistence
import Synchronization

/// A repository in memory that records all saves and can make some of them fail.
final class SpyRepository: EnvironmentRepository {
    struct Save: Equatable {
        let state: LifecycleState
        let change: HistoryEvent.Change
        let isDurable: Bool
    }

    struct Plan {
        var saves: [Save] = []
        var records: [AnyEnvironmentState] = []
        var notes: [StepName?] = []
        /// The saves that fail, starting with 1.
        var failing: Set<Int> = []
        var code = RepositoryError.Code.writeStateFailed
        /// The reason why no emergency record can be written; `nil` for none.
        var recordFailure: RepositoryError?
        /// Whether the leases are lost, as after the loss of a database connection.
        var isLost = false
    }

    let memory: InMemoryEnvironmentRepository
    let plan: Mutex<Plan>

    init(failing: Set<Int> = [], code: RepositoryError.Code = .writeStateFailed, lockTimeout: Duration = .seconds(540))
        throws
    {
        memory = try InMemoryEnvironmentRepository(lockTimeout: lockTimeout)
        plan = Mutex(Plan(failing: failing, code: code))
    }

    var saves: [Save] { plan.withLock(\.saves) }
    var records: [AnyEnvironmentState] { plan.withLock(\.records) }

    /// The saves as short texts, such as `created>provisioning` and `started a`, with `!` for those that failed.
    var log: [String] {
        saves.map { save in
            let text =
                switch save.change {
                case .transition(let from, let to): "\(from?.rawValue ?? "")>\(to)"
                case .step(let name, let event): "\(event) \(name)"
                case .saved: "saved"
                }
            return save.isDurable ? text : "!\(text)"
        }
    }

    /// Makes all leases lost, so that every further save fails.
    func loseLeases() {
        plan.withLock { plan in
            plan.isLost = true
            plan.failing = Set(1...1000)
            plan.code = .lockLost
        }
    }

    func stopFailing() { plan.withLock { $0.failing = [] } }

    var lockTimeout: Duration { memory.lockTimeout }
    func load(_ name: EnvironmentName) async -> StoredEnvironment? { await memory.load(name) }
    func exists(_ name: EnvironmentName) async -> Bool { await memory.exists(name) }
    func names() async -> [EnvironmentName] { await memory.names() }
    func holder(of name: EnvironmentName) async -> LeaseHolder? { await memory.holder(of: name) }
    func workspace(for name: EnvironmentName) -> Workspace { memory.workspace(for: name) }

    func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        SpyLease(try await memory.acquireLease(name, for: command, run: run), self)
    }
}

private final class SpyLease: EnvironmentLease {
    private let lease: any EnvironmentLease
    private let spy: SpyRepository
    private let unsaved = Mutex<AnyEnvironmentState?>(nil)

    init(_ lease: any EnvironmentLease, _ spy: SpyRepository) {
        self.lease = lease
        self.spy = spy
    }

    var name: EnvironmentName { lease.name }
    var stored: StoredEnvironment? { get async throws(RepositoryError) { try await lease.stored } }

    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment {
        let code = spy.plan.withLock { plan in
            let isFailing = plan.failing.contains(plan.saves.count + 1)
            plan.saves.append(.init(state: environment.state, change: event.change, isDurable: !isFailing))
            return isFailing ? plan.code : nil
        }
        if let code {
            unsaved.withLock { $0 = environment }
            throw RepositoryError(code, "the disk is full", path: "/state.json")
        }
        return try await lease.save(environment, event: event)
    }

    func keepEmergencyRecord() async throws(RepositoryError) -> String? {
        guard let environment = unsaved.withLock({ $0 }) else { return nil }
        if let failure = spy.plan.withLock(\.recordFailure) { throw failure }
        spy.plan.withLock { $0.records.append(environment) }
        return "/emergency/\(name).json"
    }

    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {
        spy.plan.withLock { $0.notes.append(step) }
        await lease.note(command, run, step: step)
    }

    func delete() async throws(RepositoryError) { try await lease.delete() }
    func release() async { await lease.release() }

    func waitUntilLost() async {
        while !Task.isCancelled && !spy.plan.withLock(\.isLost) { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
