import EnvironmentDomain
import EnvironmentRepositoryConformance
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// The promises of every repository, on a real server.
@Suite(.enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"))
struct RepositoryContractTests {
    @Test(arguments: RepositoryConformance.checks)
    func theRepositoryKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        try await check.run { lockTimeout in
            try await Sample.repository(on: TestServer.shared.value, lockTimeout: lockTimeout)
        }
    }
}
