import EnvironmentRepositoryConformance
import Persistence
import Testing

@Suite("My repository")
struct OwnRepositoryTests {
    @Test("keeps its promise", arguments: RepositoryConformance.checks)
    func promise(check: ConformanceCheck) async throws {
        try await check.run { lockTimeout in
            try InMemoryEnvironmentRepository(lockTimeout: lockTimeout)  // yours, empty
        }
    }
}
