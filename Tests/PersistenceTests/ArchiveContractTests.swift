import EnvironmentDomain
import EnvironmentRepositoryConformance
import Persistence
import Testing

/// Tests that the archives keep their promises, and that the checks detect a broken promise.
@Suite("An archive", .silentLog)
struct ArchiveContractTests {
    @Test("keeps every promise", arguments: Backend.allCases, ArchiveConformance.checks)
    func promise(backend: Backend, check: ArchiveCheck) async throws {
        try await withTemporaryFolder { folder in
            try await check.run { lockTimeout in
                switch backend {
                case .file: try TestFiles(folder, lockTimeout: lockTimeout).repository
                case .memory: try InMemoryEnvironmentRepository(lockTimeout: lockTimeout)
                }
            }
        }
    }

    @Test("that breaks a promise is detected", arguments: ArchiveConformance.checks)
    func broken(check: ArchiveCheck) async throws {
        let flaw = try #require(BrokenArchive.Flaw.allCases.first { $0.rawValue == check.promise })
        let error = await #expect(throws: BrokenPromise.self) {
            try await check.run { lockTimeout in try BrokenArchive(flaw, lockTimeout: lockTimeout) }
        }
        #expect(error.map { "\($0)".hasPrefix("Not kept: \(check.promise) (") } == true)
    }

    @Test("has promises with unique names, each of which can be broken")
    func names() {
        #expect(Set(ArchiveConformance.checks.map(\.promise)).count == ArchiveConformance.checks.count)
        #expect(ArchiveConformance.checks.count == BrokenArchive.Flaw.allCases.count)
    }
}
