import DocumentStore
import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests of the past of environments, of damage, and of moves between repositories.
@Suite(.enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"))
struct ArchiveTests {
    @Test("Every state is kept up to the size of the retention, the lasting ones longest")
    func retention() async throws {
        let server = try await TestServer.shared.value
        let (_, url) = try await server.newDatabase()
        let folder = try newFolder()
        let repository = try PostgresEnvironmentRepository(
            PostgresServer(url), workspaces: folder, retention: LogRetention(totalSize: 100 << 10),
            emergencyFolder: folder + "/emergency")
        try await repository.migrate()
        try await repository.withLease(Sample.name, for: .provision) { lease in
            for number in 1...300 {
                let isLast = number % 10 == 0
                let event =
                    isLast
                    ? Sample.event()
                    : HistoryEvent(
                        command: .provision, commandID: .random(), change: .step(StepName("a"), .started))
                try await lease.save(try Sample.environment(), event: event)
                if number == 200 { #expect(try await repository.states(of: Sample.name) == Array(1...200)) }
            }
        }
        let states = try await repository.states(of: Sample.name)
        #expect(states.last == 300 && states.count < 250)
        let first = try #require(states.first)
        #expect(first % 10 == 0, "what is kept longest is the last state of a command")
        #expect(try await repository.state(of: Sample.name, at: first)?.serial == first)
        #expect(try await repository.state(of: Sample.name, at: 1) == nil)
    }

    @Test func anEarlierStateIsPutBackAsANormalSave() async throws {
        let repository = try await Sample.repository(on: TestServer.shared.value)
        for _ in 0..<3 { try await repository.save(try Sample.environment()) }
        let second = try #require(try await repository.state(of: Sample.name, at: 2))
        let restored = try await repository.restore(Sample.name, to: 2, reason: "the third was wrong")
        #expect(restored.document == second.document)
        #expect(restored.serial == 4)
        #expect(restored.line?.event.reason == "the third was wrong")
        try await refusal(.recordRefused) { try await repository.restore(Sample.name, to: 77, reason: "why") }
        #expect(try await repository.history(of: Sample.name)?.flaws == [])
    }

    @Test("A row that is changed during a lease is a conflict, and nothing is lost")
    func conflict() async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        let repository = try Sample.repository(at: url)
        try await repository.migrate()
        let lease = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
        try await lease.save(try Sample.environment(), event: Sample.event())
        try await server.run("UPDATE typed_environments.environments SET document = document || ' '", in: database)
        try await refusal(.conflict) { try await lease.save(try Sample.environment(), event: Sample.event()) }
        let record = try #require(try await lease.keepEmergencyRecord())
        #expect(try EmergencyRecords.read(record, of: Sample.name).serial == 2)
        await lease.release()
    }

    @Test func aZombieChangesNoRow() async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        let repository = try Sample.repository(at: url)
        try await repository.migrate()
        let zombie = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
        try await zombie.save(try Sample.environment(), event: Sample.event())
        // Its session is open and still holds the lock; only the fence has increased.
        try await server.run("UPDATE typed_environments.leases SET fence = fence + 1", in: database)
        let before = try await server.run(
            "SELECT md5(string_agg(e::text, '')) FROM typed_environments.environments e", in: database)
        try await refusal(.lockLost) { try await zombie.save(try Sample.environment(), event: Sample.event()) }
        try await refusal(.lockLost) { try await zombie.delete() }
        let after = try await server.run(
            "SELECT md5(string_agg(e::text, '')) FROM typed_environments.environments e", in: database)
        #expect(before == after)
        #expect(try await repository.historyLines(of: Sample.name)?.count == 1)
        await zombie.release()
    }

    @Test func aLeaseThatCannotBeEndedInOrderEndsWithItsSession() async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        let repository = try Sample.repository(at: url, lockTimeout: .zero)
        try await repository.migrate()
        let lease = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
        try await server.run(
            "ALTER TABLE typed_environments.leases ADD CONSTRAINT never CHECK (holder IS NOT NULL) NOT VALID",
            in: database)
        await lease.release()
        try await server.run("ALTER TABLE typed_environments.leases DROP CONSTRAINT never", in: database)
        #expect(try await repository.holder(of: Sample.name) == nil)
        // The earlier holder is this process, which is alive, so that the grace period lasts until `forceRelease`.
        #expect(try await repository.forceRelease(Sample.name, heldBy: nil) != nil)
        try await repository.save(try Sample.environment())
    }

    @Test func aHistoryThatWasEditedIsFoundOut() async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        let repository = try Sample.repository(at: url)
        try await repository.migrate()
        for _ in 0..<4 { try await repository.save(try Sample.environment()) }
        #expect(await repository.examine(Sample.name).map(\.kind) == ["retention"])
        try await server.run("DELETE FROM typed_environments.history WHERE serial = 2", in: database)
        #expect(try await repository.history(of: Sample.name)?.flaws.map(\.kind) == [.missing(2...2)])
        #expect(await repository.examine(Sample.name).map(\.kind) == ["history_flaw", "retention"])
    }

    @Test func environmentsGoFromFilesToTheDatabaseAndBackByteForByte() async throws {
        let folder = try newFolder()
        let files = try FileEnvironmentRepository(dataFolder: folder + "/data", emergencyFolder: folder + "/emergency")
        let names = (1...12).map { Sample.named("env-\($0)") }
        for (index, name) in names.enumerated() {
            for _ in 0...index { try await files.save(try Sample.environment(name)) }
        }
        let database = try await Sample.repository(on: TestServer.shared.value)
        for (index, name) in names.enumerated() {
            let there = ArchiveMigration(from: files, to: database)
            #expect(
                try await there.migrate(name, isTrial: true)
                    == .wouldBeCopied(serial: index + 1, lines: index + 1, states: index))
            #expect(try await database.load(name) == nil)
            #expect(
                try await there.migrate(name) == .copied(serial: index + 1, lines: index + 1, states: index))
            #expect(try await there.migrate(name) == .alreadyThere(serial: index + 1))
        }
        #expect(try await database.names().count == 12)
        let back = try FileEnvironmentRepository(dataFolder: folder + "/back", emergencyFolder: folder + "/emergency")
        for name in names { _ = try await ArchiveMigration(from: database, to: back).migrate(name) }
        let difference = try await Program.run([
            "diff", "-r", "--ignore-trailing-space", "--ignore-blank-lines", "--exclude=state.json.lock",
            "--exclude=history.jsonl*", folder + "/data", folder + "/back",
        ])
        #expect(difference.status == 0, "\(difference.output)")
    }

    @Test func aMigrationOverwritesNothing() async throws {
        let folder = try newFolder()
        let files = try FileEnvironmentRepository(dataFolder: folder + "/data", emergencyFolder: folder + "/emergency")
        let database = try await Sample.repository(on: TestServer.shared.value)
        try await files.save(try Sample.environment())
        try await database.save(try Sample.environment())
        let before = try await database.load(Sample.name)
        try await refusal(.recordRefused) {
            _ = try await ArchiveMigration(from: files, to: database).migrate(Sample.name)
        }
        try await refusal(.recordRefused) {
            _ = try await ArchiveMigration(from: database, to: files).migrate(Sample.name)
        }
        try await refusal(.recordRefused) {
            _ = try await ArchiveMigration(from: files, to: database).migrate(Sample.named("no"))
        }
        #expect(try await database.load(Sample.name) == before)
    }

    @Test func theStoreLogsItsLocksAsTheFileStoreDoes() async throws {
        let repository = try await Sample.repository(on: TestServer.shared.value, lockTimeout: .milliseconds(50))
        let log = try await logged {
            let lease = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
            try await refusal(.lockAcquisitionFailed) {
                _ = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
            }
            await lease.release()
        }
        #expect(
            log.map { "\($0.level) \($0.message)" } == [
                "debug lock acquired", "info waiting for a lock", "error timed out waiting for a lock",
                "debug lock released",
            ])
        #expect(log.allSatisfy { $0["environment_name"] == "my-env" && $0["server"]?.contains("dbname=") == true })
    }
}
