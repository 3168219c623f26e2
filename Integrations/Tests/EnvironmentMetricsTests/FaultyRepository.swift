import EnvironmentDomain
import Persistence
import Synchronization

/// A repository in memory of which one save fails, and whose leases can be lost.
final class FaultyRepository: EnvironmentRepository {
    private let inner: InMemoryEnvironmentRepository
    private let faults: Mutex<Faults>

    fileprivate struct Faults {
        var saves = 0
        let failing: Int
        let code: RepositoryError.Code
        var isLost = false
    }

    /// - Parameter failing: the number of the save that fails, from 1; the later ones do too.
    init(_ inner: InMemoryEnvironmentRepository, failing: Int, _ code: RepositoryError.Code) {
        self.inner = inner
        faults = Mutex(Faults(failing: failing, code: code))
    }

    func loseLease() { faults.withLock { $0.isLost = true } }

    var lockTimeout: Duration { inner.lockTimeout }

    func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        FaultyLease(try await inner.acquireLease(name, for: command, run: run), self)
    }
    func load(_ name: EnvironmentName) async -> StoredEnvironment? { await inner.load(name) }
    func exists(_ name: EnvironmentName) async -> Bool { await inner.exists(name) }
    func names() async -> [EnvironmentName] { await inner.names() }
    func holder(of name: EnvironmentName) async -> LeaseHolder? { await inner.holder(of: name) }
    func workspace(for name: EnvironmentName) -> Workspace { inner.workspace(for: name) }

    fileprivate var isLost: Bool { faults.withLock(\.isLost) }

    fileprivate func checkSave() throws(RepositoryError) {
        let failure = faults.withLock { faults in
            faults.saves += 1
            return faults.saves >= faults.failing ? faults.code : nil
        }
        if let failure { throw RepositoryError(failure, "this save was to fail") }
    }
}

private final class FaultyLease: EnvironmentLease {
    private let inner: any EnvironmentLease
    private let repository: FaultyRepository

    init(_ inner: any EnvironmentLease, _ repository: FaultyRepository) {
        self.inner = inner
        self.repository = repository
    }

    var name: EnvironmentName { inner.name }
    var stored: StoredEnvironment? { get async throws(RepositoryError) { try await inner.stored } }
    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment {
        try repository.checkSave()
        return try await inner.save(environment, event: event)
    }
    func keepEmergencyRecord() async throws(RepositoryError) -> String? { nil }
    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {}
    func delete() async throws(RepositoryError) { try await inner.delete() }
    func release() async { await inner.release() }

    func waitUntilLost() async {
        while !repository.isLost && !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
