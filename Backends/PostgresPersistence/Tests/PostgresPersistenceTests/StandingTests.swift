import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests of the answer to what is stored, after the tables were changed by hand.
@Suite(
    "The standing of an environment in tables",
    .enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started")
)
struct StandingTests {
    /// A change of the tables of an environment with three saves, and the expected answer.
    struct Harm: Sendable, CustomStringConvertible {
        let description: String
        let statement: String
        let code: RepositoryError.Code
        /// The serial of the state that may be shown; `nil` for none.
        let shown: Int?
    }

    private static let older = """
        UPDATE typed_environments.environments e SET serial = h.serial, document = jsonb_pretty(h.line::jsonb)
        FROM typed_environments.history h WHERE h.name = e.name AND h.serial = 2
        """

    private static let harms = [
        Harm(
            description: "row deleted", statement: "DELETE FROM typed_environments.environments",
            code: .notRegularFile, shown: 3),
        Harm(description: "older row put back", statement: older, code: .checksumMismatch, shown: 3),
        Harm(
            description: "older serial in the row", statement: "UPDATE typed_environments.environments SET serial = 2",
            code: .checksumMismatch, shown: 3),
        Harm(
            description: "another state in the row",
            statement: "UPDATE typed_environments.environments SET state = 'destroyed'", code: .checksumMismatch,
            shown: 3),
        Harm(
            description: "another lineage in the row",
            statement: "UPDATE typed_environments.environments SET lineage = repeat('0', 32)", code: .checksumMismatch,
            shown: 3),
        Harm(
            description: "document edited",
            statement:
                "UPDATE typed_environments.environments SET document = replace(document, '10.0.0.7', '10.0.0.8')",
            code: .checksumMismatch, shown: 3),
        Harm(
            description: "newest line deleted", statement: "DELETE FROM typed_environments.history WHERE serial = 3",
            code: .corruptedStateFile, shown: 2),
        Harm(
            description: "all lines deleted", statement: "DELETE FROM typed_environments.history",
            code: .corruptedStateFile, shown: nil),
        Harm(
            description: "all lines and the row deleted",
            statement: "DELETE FROM typed_environments.history; DELETE FROM typed_environments.environments",
            code: .corruptedStateFile, shown: nil),
        Harm(
            description: "newest line edited",
            statement:
                "UPDATE typed_environments.history SET line = replace(line, '10.0.0.7', '10.0.0.8') WHERE serial = 3",
            code: .checksumMismatch, shown: nil),
        Harm(
            description: "newest line with another serial",
            statement: "UPDATE typed_environments.history SET serial = 9 WHERE serial = 3", code: .checksumMismatch,
            shown: nil),
        Harm(
            description: "newest line cut off",
            statement: "UPDATE typed_environments.history SET line = left(line, 200) WHERE serial = 3",
            code: .checksumMismatch, shown: nil),
    ]

    @Test("Contradictory tables prevent every start, change and removal", arguments: harms)
    func refused(_ harm: Harm) async throws {
        let (server, database, repository) = try await scene()
        try await server.run(harm.statement, in: database)
        let before = try await contents(server, database)
        let standing = try await repository.standing(of: Sample.name)
        #expect(standing.error?.code == harm.code, "\(standing)")
        #expect(standing.stored?.serial == harm.shown)
        #expect(try await repository.exists(Sample.name))
        #expect(try await repository.names() == [Sample.name])
        try await refusal(harm.code) { try await repository.save(try Sample.environment()) }
        try await refusal(harm.code) { try await repository.delete(Sample.name) }
        #expect(await repository.examine(Sample.name).first?.severity == .problem)
        #expect(try await contents(server, database) == before)
    }

    @Test(
        "Rewriting the row from the log repairs it, and keeps its old content",
        arguments: harms.filter { $0.shown != nil })
    func refresh(_ harm: Harm) async throws {
        let (server, database, repository) = try await scene()
        try await server.run(harm.statement, in: database)
        try await repository.refreshCheckpoint(of: Sample.name)
        guard case .stored(let stored) = try await repository.standing(of: Sample.name) else {
            Issue.record("it is not right: \(try await repository.standing(of: Sample.name))")
            return
        }
        #expect(stored.serial == harm.shown)
        try await repository.save(try Sample.environment())
        let kept = try await server.run(
            "SELECT count(*) FROM typed_environments.history WHERE name LIKE 'my-env.damaged-%'", in: database)
        #expect(kept == (harm.description == "row deleted" ? "0" : "1"))
    }

    @Test(
        "An earlier state is restored when the newest is damaged, and the damaged line is kept",
        arguments: harms.filter { $0.shown == nil && $0.description != "all lines and the row deleted" })
    func restore(_ harm: Harm) async throws {
        let (server, database, repository) = try await scene()
        try await server.run(harm.statement, in: database)
        let newest = try #require(try await repository.states(of: Sample.name).last)
        let restored = try await repository.restore(Sample.name, to: newest, reason: "damaged")
        #expect(restored.serial > newest)
        guard case .stored(let stored) = try await repository.standing(of: Sample.name) else {
            Issue.record("it is not right: \(try await repository.standing(of: Sample.name))")
            return
        }
        #expect(stored == restored)
        try await repository.save(try Sample.environment())
        #expect(try await repository.load(Sample.name)?.serial == restored.serial + 1)
    }

    @Test("An edit of the row is accepted as a save")
    func acceptEdit() async throws {
        let (server, database, repository) = try await scene()
        try await server.run(
            "UPDATE typed_environments.environments SET document = replace(document, '10.0.0.7', '10.0.0.8')",
            in: database)
        let saved = try await repository.acceptEdit(
            repository.editedState(of: Sample.name), reason: "moved")
        #expect(saved.serial == 4 && saved.document.instance?.address.text == "10.0.0.8")
        #expect(try await repository.load(Sample.name) == saved)
        #expect(try await repository.standing(of: Sample.name).error == nil)
        try await refusal(.recordRefused) { _ = try await repository.editedState(of: Sample.name) }
    }

    @Test("An unreadable environment is removed only by an explicit call")
    func deleteEvenIfDamaged() async throws {
        let (server, database, repository) = try await scene()
        try await server.run(
            "DELETE FROM typed_environments.history; DELETE FROM typed_environments.environments", in: database)
        try await repository.withLease(Sample.name, for: .purge) { try await $0.delete(evenIfDamaged: true) }
        guard case .nothing = try await repository.standing(of: Sample.name) else {
            Issue.record("something is left")
            return
        }
        #expect(try await repository.names().isEmpty)
        try await repository.save(try Sample.environment())
        #expect(try await repository.load(Sample.name)?.serial == 1)
    }

    @Test("A session that ends in a step leaves a record, which is decided before anything else is done")
    func record() async throws {
        let (server, database, repository) = try await scene()
        let lease = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
        try await lease.save(try Sample.environment(), event: Sample.event())
        try await server.run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND datname = current_database()
            """, in: database)
        await lease.waitUntilLost()
        try await refusal(.lockLost) { try await lease.save(try Sample.environment(), event: Sample.event()) }
        let record = try #require(try await lease.keepEmergencyRecord())
        await lease.release()
        try await repository.forceRelease(Sample.name, heldBy: nil)
        try await refusal(.recordPending) { try await repository.save(try Sample.environment()) }
        #expect(try await repository.emergencyRecord(of: Sample.name) == record)
        try await repository.decline(record, for: Sample.name, reason: "it is known what was done")
        #expect(try await repository.emergencyRecord(of: Sample.name) == nil)
        try await repository.save(try Sample.environment())
        let reasons = try await repository.historyLines(of: Sample.name)?.compactMap(\.event.reason)
        #expect(reasons?.count == 1 && reasons?.first?.hasPrefix("declined \(record)") == true)
    }

    // MARK: The scene

    /// Creates an environment that was saved three times.
    private func scene() async throws -> (TestServer, String, PostgresEnvironmentRepository) {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        let repository = try Sample.repository(at: url)
        try await repository.migrate()
        for _ in 0..<3 { try await repository.save(try Sample.environment()) }
        return (server, database, repository)
    }

    private func contents(_ server: TestServer, _ database: String) async throws -> String {
        try await server.run(
            """
            SELECT (SELECT md5(string_agg(e::text, '')) FROM typed_environments.environments e),
                (SELECT md5(string_agg(h::text, '' ORDER BY serial)) FROM typed_environments.history h)
            """, in: database)
    }
}
