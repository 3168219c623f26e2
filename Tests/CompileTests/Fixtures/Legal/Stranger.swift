import EnvironmentDomain
import EnvironmentRepositoryConformance
import Persistence

// A repository outside the package, which uses only public API and runs the public conformance checks.

struct Stranger: EnvironmentRepository {
    let base: InMemoryEnvironmentRepository

    var lockTimeout: Duration { base.lockTimeout }

    func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        try await base.acquireLease(name, for: command, run: run)
    }

    func load(_ name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment? { await base.load(name) }
    func exists(_ name: EnvironmentName) async throws(RepositoryError) -> Bool { await base.exists(name) }
    func names() async throws(RepositoryError) -> [EnvironmentName] { await base.names() }
    func holder(of name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? { await base.holder(of: name) }
    func workspace(for name: EnvironmentName) -> Workspace { base.workspace(for: name) }
}

func stored(_ environment: AnyEnvironmentState, _ event: HistoryEvent) -> StoredEnvironment {
    StoredEnvironment(
        document: environment, lineage: .random(), serial: 1, savedAt: .now(),
        line: HistoryLine(serial: 1, event: event, previous: nil, missed: []))
}

func check() async throws {
    for check in RepositoryConformance.checks {
        try await check.run { lockTimeout in
            Stranger(base: try InMemoryEnvironmentRepository(lockTimeout: lockTimeout))
        }
    }
}
