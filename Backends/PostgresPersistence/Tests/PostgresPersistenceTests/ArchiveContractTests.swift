import EnvironmentDomain
import EnvironmentRepositoryConformance
import Persistence
import PostgresPersistence
import Testing

/// The promises of every archive, on a real server.
@Suite("The archive on a server", .enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"))
struct ArchiveContractTests {
    @Test("keeps every promise", arguments: ArchiveConformance.checks)
    func promise(check: ArchiveCheck) async throws {
        try await check.run { lockTimeout in
            try await Sample.repository(on: TestServer.shared.value, lockTimeout: lockTimeout)
        }
    }
}
