import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests of upgrading tables of version 1 that `pg_dump` wrote.
///
/// They contain one environment that was saved eight times, one that was saved once, one whose row was deleted, and one
/// whose row was replaced by an older one.
@Suite("Tables of version 1", .enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"))
struct UpgradeTests {
    @Test("are not changed until they are upgraded")
    func refused() async throws {
        let (_, _, repository) = try await scene()
        let error = try await refusal(.storeNotPrepared) { _ = try await repository.names() }
        #expect(error.message.contains("schema version 1, and this program needs 2"))
    }

    @Test("get the remaining documents in the lines of the history", arguments: [("shop", 8), ("blog", 1)])
    func upgraded(_ text: String, _ serial: Int) async throws {
        let (_, _, repository) = try await scene()
        #expect(try await repository.migrate() == (1, 2))
        let name = Sample.named(text)
        guard case .stored(let stored) = try await repository.standing(of: name) else {
            Issue.record("\(try await repository.standing(of: name))")
            return
        }
        #expect(stored.serial == serial && stored.document.state == .created)
        #expect(try await repository.historyLines(of: name)?.map(\.serial) == Array(1...serial))
        #expect(try await repository.states(of: name) == Array(max(1, serial - 5)...serial))
        #expect(try await repository.history(of: name)?.flaws == [])
        try await repository.save(stored.document)
        #expect(try await repository.load(name)?.serial == serial + 1)
        #expect(try await repository.load(name)?.lineage == stored.lineage)
    }

    @Test(
        "report contradictions to the history as damage, with the newest complete state",
        arguments: ["gone", "older"])
    func contradicted(_ text: String) async throws {
        let (_, _, repository) = try await scene()
        try await repository.migrate()
        let name = Sample.named(text)
        #expect(try await repository.standing(of: name).error?.code == .checksumMismatch)
        try await refusal(.checksumMismatch) { try await repository.save(try Sample.environment(name)) }
        #expect(try await repository.states(of: name) == [1, 2])
        let restored = try await repository.restore(name, to: 2, reason: "the newest is lost")
        #expect(restored.serial == 3)
        #expect(try await repository.standing(of: name).error == nil)
        try await repository.save(restored.document)
    }

    @Test("are refused by a program of version 1")
    func version() async throws {
        let (server, database, repository) = try await scene()
        try await repository.migrate()
        let version = try await server.run("SELECT max(version) FROM typed_environments.migrations", in: database)
        #expect(version == "2")
        #expect(try await repository.migrate() == (2, 2))
    }

    private func scene() async throws -> (TestServer, String, PostgresEnvironmentRepository) {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        let dump = URL(filePath: #filePath).appending(path: "../Golden/version1.sql").standardizedFileURL
        try await server.run(try String(contentsOf: dump, encoding: .utf8), in: database)
        return (server, database, try Sample.repository(at: url))
    }
}
