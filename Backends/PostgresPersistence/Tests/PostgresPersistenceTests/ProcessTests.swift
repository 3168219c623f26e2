import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests with several processes.
@Suite(.enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"), .serialized)
struct ProcessTests {
    @Test func eightProcessesSaveOneEnvironmentAndNoSaveIsLost() async throws {
        let server = try await TestServer.shared.value
        let (_, url) = try await server.newDatabase()
        let folder = try newFolder()
        let repository = try Sample.repository(at: url)
        try await repository.migrate()
        let workers = try (0..<8).map { _ in try Worker(["work", url, folder, "my-env", "25", "30000"]) }
        for worker in workers { #expect(await worker.wait() == 0) }
        let ledger = try Ledger(folder, Sample.name)
        #expect(ledger.saved.count == 200)
        #expect(ledger.failures.isEmpty)
        try await ledger.expectAllIn(repository, Sample.name)
        #expect(try await repository.load(Sample.name)?.serial == 200)
        #expect(try await repository.abandoned(Sample.name) == nil)
    }

    @Test func aKilledHolderFreesTheEnvironmentAtOnce() async throws {
        // A holder on this machine whose process has ended causes no grace period, which would otherwise last for a
        // day.
        let (repository, url, folder) = try await scene(lockTimeout: .seconds(540), takeoverGrace: .seconds(86_400))
        let worker = try Worker(["hold", url, folder, "my-env"])
        #expect(await worker.readLine() == "saved 1")
        #expect(try await repository.holder(of: Sample.name)?.pid == worker.identifier)
        worker.signal(SIGKILL)
        await worker.wait()
        let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        #expect(try await lease.stored?.serial == 1)
        await lease.release()
    }

    @Test func aStoppedHolderKeepsTheEnvironmentAndWritesNothingOnceItWasTakenAway() async throws {
        let (repository, url, folder) = try await scene(lockTimeout: .milliseconds(200))
        let worker = try Worker(["hold", url, folder, "my-env"])
        #expect(await worker.readLine() == "saved 1")
        worker.signal(SIGSTOP)
        let held = await #expect(throws: RepositoryError.self) {
            try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        }
        #expect(held?.code == .lockAcquisitionFailed)
        #expect(held?.holder?.pid == worker.identifier)

        let holder = try #require(try await repository.forceRelease(Sample.name, heldBy: held?.holder?.lockID))
        #expect(holder.pid == worker.identifier)
        let lease = try await repository.withLockTimeout(.seconds(540))
            .acquireLease(Sample.name, for: .provision, run: CommandRun())
        try await lease.save(try Sample.environment(), event: Sample.event())
        worker.signal(SIGCONT)
        worker.write("save")
        #expect(await worker.readLine() == "failed lock_lost")
        #expect(try await repository.load(Sample.name)?.serial == 2)
        #expect(try await lease.save(try Sample.environment(), event: Sample.event()).serial == 3)
        await lease.release()
    }

    // The time limit only ends a hang.
    @Test(.timeLimit(.minutes(9)))
    func aLeaseIsLostWhenItsSessionDoesNotAnswer() async throws {
        let (repository, url, _) = try await scene(lockTimeout: .seconds(540))
        let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        let database = url.split(separator: " ").first { $0.hasPrefix("dbname=") }?.dropFirst(7) ?? ""
        let answer = try await TestServer.shared.value.run(
            """
            SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND datname = '\(database)'
            """)
        // To the client this looks like a proxy that has lost the server: the socket stays open.
        let session = try #require(Int32(answer))
        kill(session, SIGSTOP)
        defer { kill(session, SIGCONT) }
        await lease.waitUntilLost()
        let error = await #expect(throws: RepositoryError.self) {
            try await lease.save(try Sample.environment(), event: Sample.event())
        }
        #expect(error?.code == .lockLost)
        await lease.release()
    }

    @Test func aHolderWhoseSessionWasEndedSavesNothingMoreAndIsWaitedFor() async throws {
        let (repository, url, folder) = try await scene(lockTimeout: .milliseconds(500))
        let worker = try Worker(["hold", url, folder, "my-env"])
        #expect(await worker.readLine() == "saved 1")
        let server = try await TestServer.shared.value
        let database = url.split(separator: " ").first { $0.hasPrefix("dbname=") }?.dropFirst(7) ?? ""
        try await server.run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND datname = '\(database)'
            """)
        // Its process is alive and may be running a step, so that the next holder waits for the grace period.
        let early = await #expect(throws: RepositoryError.self) {
            try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        }
        #expect(early?.code == .lockAcquisitionFailed)
        #expect(early?.message.contains("(forceRelease)") == true)
        #expect(try await repository.abandoned(Sample.name)?.pid == worker.identifier)
        worker.write("save")
        #expect(await worker.readLine() == "failed lock_lost")
        #expect(try await repository.load(Sample.name)?.serial == 1)
        // After the process has ended, the next holder does not wait.
        worker.signal(SIGKILL)
        await worker.wait()
        let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        await lease.release()
    }

    @Test func theNextOneGoesOnWhenTheGraceIsOver() async throws {
        let (repository, url, folder) = try await scene(lockTimeout: .seconds(540), takeoverGrace: .milliseconds(700))
        let worker = try Worker(["hold", url, folder, "my-env"])
        #expect(await worker.readLine() == "saved 1")
        let server = try await TestServer.shared.value
        try await server.run("SELECT pg_terminate_backend(\(await backend(of: repository)))")
        let start = ContinuousClock.now
        let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
        #expect(ContinuousClock.now - start >= .milliseconds(600))
        worker.write("save")
        #expect(await worker.readLine() == "failed lock_lost")
        #expect(try await lease.save(try Sample.environment(), event: Sample.event()).serial == 2)
        await lease.release()
    }

    private func backend(of repository: PostgresEnvironmentRepository) async throws -> String {
        let server = try await TestServer.shared.value
        let database = repository.server.description.split(separator: " ").first { $0.hasPrefix("dbname=") }?.dropFirst(
            7)
        return try await server.run(
            "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = '\(database ?? "")'"
        )
    }

    private func scene(
        lockTimeout: Duration, takeoverGrace: Duration = .seconds(30)
    ) async throws -> (PostgresEnvironmentRepository, url: String, folder: String) {
        let (_, url) = try await TestServer.shared.value.newDatabase()
        let repository = try Sample.repository(at: url, lockTimeout: lockTimeout, takeoverGrace: takeoverGrace)
        try await repository.migrate()
        return (repository, url, try newFolder())
    }
}
