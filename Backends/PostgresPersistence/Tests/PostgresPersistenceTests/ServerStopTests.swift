import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests of saves while the server stops, in order (`fast`) and as in a crash (`immediate`).
@Suite(.enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"), .serialized)
struct ServerStopTests {
    private static let server = Task { try await TestServer() }

    @Test(arguments: ["fast", "immediate"])
    func aStopBeforeASaveLosesTheLeaseAndNothingElse(_ mode: String) async throws {
        let (server, repository) = try await scene()
        let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        try await lease.save(try Sample.environment(), event: Sample.event())
        let watch = Task { await lease.waitUntilLost() }
        try await server.stop(mode)
        // The loss is noticed without a save, so that a step can be stopped.
        await watch.value
        try await server.start()
        let event = Sample.event()
        let error = await #expect(throws: RepositoryError.self) {
            try await lease.save(try Sample.environment(), event: event)
        }
        #expect(error?.code == .lockLost)
        await lease.release()
        try await expectWholeHistory(repository, serial: 1, without: event)
    }

    @Test(arguments: ["fast", "immediate"])
    func aStopInTheMiddleOfASaveUndoesIt(_ mode: String) async throws {
        let (server, repository) = try await scene()
        let event = try await interruptedSave(server, repository, mode, waiting: "PgSleep", saying: "was not saved") {
            // The commit is delayed before it takes effect.
            try await server.run(
                """
                CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER dawdle AFTER UPDATE ON typed_environments.environments
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()
                """, in: database(of: repository))
        }
        try await expectWholeHistory(repository, serial: 1, without: event)
    }

    @Test(arguments: ["fast", "immediate"])
    func aSaveThatWasCommittedAndNotAnsweredIsFoundOutToBeThere(_ mode: String) async throws {
        let (server, repository) = try await scene()
        let event = try await interruptedSave(
            server, repository, mode, waiting: "SyncRep", saying: "was saved (serial 2)"
        ) {
            // The commit is on the server's disk and waits for a standby that does not exist.
            try await server.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            try await server.run("SELECT pg_reload_conf()")
        }
        #expect(try await repository.historyLines(of: Sample.name)?.last?.event == event)
        try await expectWholeHistory(repository, serial: 2, without: nil)
    }

    @Test(arguments: ["fast", "immediate"])
    func aStopAfterASaveLosesNothing(_ mode: String) async throws {
        let (server, repository) = try await scene()
        try await repository.save(try Sample.environment())
        try await server.stop(mode)
        try await server.start()
        // The connections in the pool are closed, and the caller does not notice.
        try await expectWholeHistory(repository, serial: 1, without: nil)
        try await repository.save(try Sample.environment())
        try await expectWholeHistory(repository, serial: 2, without: nil)
    }

    @Test func aServerThatDoesNotComeBackLeavesTheSaveUnknownAndARecordOfIt() async throws {
        let (server, repository) = try await scene(settleTimeout: .milliseconds(300))
        let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        try await lease.save(try Sample.environment(), event: Sample.event())
        try await server.stop("immediate")
        let environment = try Sample.environment()
        let error = await #expect(throws: RepositoryError.self) {
            try await lease.save(environment, event: Sample.event())
        }
        #expect(error?.code == .durabilityUnknown)
        let record = try #require(try await lease.keepEmergencyRecord())
        await lease.release()
        let reading = await #expect(throws: RepositoryError.self) { try await repository.load(Sample.name) }
        #expect(reading?.code == .readStateFailed)
        let leasing = await #expect(throws: RepositoryError.self) {
            try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        }
        #expect(leasing?.code == .lockUnusable)
        try await server.start()
        #expect(try await repository.emergencyRecord(of: Sample.name) == record)
        let recovered = try await repository.recover(record, for: Sample.name)
        #expect(recovered.document == environment)
        #expect(recovered.line?.missed.count == 1)
        #expect(try await repository.emergencyRecord(of: Sample.name) == nil)
        try await expectWholeHistory(repository, serial: 2, without: nil)
    }

    @Test func aWatcherOutlivesTheServerAndIsToldToLookAgain() async throws {
        let (server, repository) = try await scene()
        var changes = repository.changes().makeAsyncIterator()
        #expect(try await changes.next() == .anything)
        for round in 1...3 {
            try await repository.save(try Sample.environment())
            #expect(try await changes.next() == .saved(Sample.name, serial: round))
            try await server.stop(round == 2 ? "immediate" : "fast")
            try await server.start()
            #expect(try await changes.next() == .anything)
        }
        try await repository.delete(Sample.name)
        #expect(try await changes.next() == .removed(Sample.name))
    }

    @Test func aWatcherThatDoesNotLookIsToldToLookAtEverything() async throws {
        let (server, repository) = try await scene()
        var changes = repository.changes().makeAsyncIterator()
        var others = repository.changes().makeAsyncIterator()
        #expect(try await changes.next() == .anything)
        #expect(try await others.next() == .anything)
        try await server.run(
            "SELECT pg_notify('typed_environments', 'my-env ' || n) FROM generate_series(1, 1000) n",
            in: database(of: repository))
        // When another watcher has received the change, most of the changes have reached this one, too.
        while try await others.next() != .saved(Sample.name, serial: 1000) {}
        var told: [PostgresEnvironmentRepository.Change] = []
        while !told.contains(.saved(Sample.name, serial: 1000)) { told.append(try #require(try await changes.next())) }
        #expect(told.count < 1000)
        #expect(told.contains(.anything))
        #expect(try await changes.next() == .anything)
    }

    // MARK: The scene

    private func scene(
        settleTimeout: Duration = .seconds(60)
    ) async throws -> (TestServer, PostgresEnvironmentRepository) {
        let server = try await Self.server.value
        let (_, url) = try await server.newDatabase()
        let repository = try Sample.repository(at: url, takeoverGrace: .zero, settleTimeout: settleTimeout)
        try await repository.migrate()
        return (server, repository)
    }

    private func database(of repository: PostgresEnvironmentRepository) -> String {
        let part = repository.server.description.split(separator: " ").first { $0.hasPrefix("dbname=") }
        return String(part?.dropFirst(7) ?? "")
    }

    /// Saves once, and again while the server is stopped and started, which must fail.
    ///
    /// - Returns: The second event.
    private func interruptedSave(
        _ server: TestServer, _ repository: PostgresEnvironmentRepository, _ mode: String, waiting: String,
        saying: String, _ slowDown: () async throws -> Void
    ) async throws -> HistoryEvent {
        let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        try await lease.save(try Sample.environment(), event: Sample.event())
        try await slowDown()
        let event = Sample.event()
        let save = Task { try await lease.save(try Sample.environment(), event: event) }
        while try await server.run("SELECT count(*) FROM pg_stat_activity WHERE wait_event = '\(waiting)'") == "0" {
            try await Task.sleep(for: .milliseconds(20))
        }
        try await server.stop(mode)
        let settings = server.folder + "/data/postgresql.auto.conf"
        if FileManager.default.fileExists(atPath: settings) { try FileManager.default.removeItem(atPath: settings) }
        try await server.start()
        let error = await #expect(throws: RepositoryError.self) { try await save.value }
        #expect(error?.code == .lockLost)
        #expect(error?.message.contains(saying) == true)
        await lease.release()
        return event
    }

    private func expectWholeHistory(
        _ repository: PostgresEnvironmentRepository, serial: Int, without event: HistoryEvent?
    ) async throws {
        let history = try #require(try await repository.history(of: Sample.name))
        #expect(history.flaws.isEmpty)
        #expect(history.lines.map(\.serial) == Array(1...serial))
        #expect(try await repository.load(Sample.name)?.serial == serial)
        if let event { #expect(!history.lines.map(\.event).contains(event)) }
    }
}
