import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Synchronization
import Testing

/// Tests of the errors for a database that is not set up correctly; none of them contains a password.
@Suite(.enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"))
struct RefusalTests {
    private static let guarded = Task { try await TestServer(authentication: "scram-sha-256") }
    private static let password = "s3cr3t-w0rd"

    @Test func aWrongPasswordIsRefusedAndNotRepeated() async throws {
        let server = try await Self.guarded.value
        let url = server.url("postgres") + " password=\(Self.password)"
        let log = try await logged {
            let repository = try Sample.repository(at: url)
            let error = try await refusal(.readStateFailed) { _ = try await repository.load(Sample.name) }
            #expect(error.message.contains("password authentication failed"))
            #expect(error.message.contains("user=postgres"))
            expectNoPassword("\(error)")
            expectNoPassword("\(error.cause.map { "\($0)" } ?? "")")
            expectNoPassword("\(repository) \(repository.server) \(String(reflecting: repository.server))")
            var dumped = ""
            dump(repository, to: &dumped)
            expectNoPassword(dumped)
        }
        for record in log { expectNoPassword(record.json) }
    }

    @Test func theRightPasswordIsTaken() async throws {
        let server = try await Self.guarded.value
        let repository = try Sample.repository(at: server.url("postgres") + " password=postgres")
        try await repository.migrate()
        #expect(try await repository.names().isEmpty)
    }

    @Test(
        "A connection string whose password a message could show is refused without being repeated",
        arguments: [
            "postgres://deploy:a/\(password)@host/db", "host=h passwd=\(password)", "\(password)",
            "postgres://deploy:\(password)@host:port/db", "postgres://deploy:%zz\(password)@host/db",
            "postgres://deploy:pass@\(password)@host/db", "postgres://deploy:pass@me/\(password)@host/db",
            "postgres://deploy:/\(password)@db/environments", "postgresql://deploy:12/\(password)@db/environments",
            "postgres://deploy:/\(password)", "postgres://deploy:pass@\u{301}\(password)@\u{301}host/db",
            "postgres://deploy:/\u{301}\(password)@\u{301}host/db", "postgres://deploy:\u{301}/\u{301}\(password)",
        ])
    func connectionStrings(_ text: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresServer(text) }
        #expect(error?.kind == .invalidConnectionString)
        expectNoPassword("\(error.map { "\($0)" } ?? "")")
    }

    @Test(arguments: [
        (
            "postgres://deploy:\(password)@db.example:5433/environments?sslmode=require",
            "host=db.example port=5433 dbname=environments user=deploy"
        ),
        ("postgres://deploy:x?\(password)@h/db", "host=h dbname=db user=deploy"),
        ("postgres://deploy:\(password)@%40h/db", "host=@h dbname=db user=deploy"),
        ("host=h password=\(password) sslpassword=\(password)", "host=h"),
        ("host=h user=me password=postgres://@\(password)@", "host=h user=me"),
        ("postgres://", "the server that the PG variables name"),
        ("postgres:///environments", "dbname=environments"),
        ("postgres://h/a%40b", "host=h dbname=a@b"),
        ("", "the server that the PG variables name"),
    ])
    func aConnectionStringIsShownWithoutItsPassword(_ text: String, _ shown: String) throws {
        #expect(try PostgresServer(text).description == shown)
    }

    @Test func aDatabaseThatIsNotThereIsNamed() async throws {
        let server = try await TestServer.shared.value
        let repository = try Sample.repository(at: server.url("nowhere"))
        let error = try await refusal(.readStateFailed) { _ = try await repository.names() }
        #expect(error.message.contains("database \"nowhere\" does not exist"))
        try await refusal(.lockUnusable) {
            _ = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
        }
        try await refusal(.writeStateFailed) { try await repository.migrate() }
    }

    @Test func aServerThatIsNotThereIsNamedAndTheWayOutSaid() async throws {
        let repository = try Sample.repository(at: "host=/nowhere dbname=x user=me")
        let error = try await refusal(.readStateFailed) { _ = try await repository.names() }
        #expect(error.message.contains("/nowhere"))
        #expect(error.message.contains("Check that the server runs"))
    }

    @Test func aDatabaseWithoutTablesIsNotWorkedOn() async throws {
        let server = try await TestServer.shared.value
        let repository = try Sample.repository(at: try await server.newDatabase().url)
        let error = try await refusal(.storeNotPrepared) { _ = try await repository.load(Sample.name) }
        #expect(error.message.contains("There are no tables"))
        #expect(error.message.contains("migrate()"))
        try await refusal(.storeNotPrepared) {
            _ = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
        }
        let first = try await repository.migrate()
        #expect(first.from == 0 && first.to == 2)
        let second = try await repository.migrate()
        #expect(second.from == 2 && second.to == 2)
        #expect(try await repository.load(Sample.name) == nil)
    }

    @Test func tablesOfAnOlderOrNewerProgramAreNotTouched() async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        try await Sample.repository(at: url).migrate()
        try await server.run("INSERT INTO typed_environments.migrations VALUES (99)", in: database)
        try await refusal(.schemaTooNew) { _ = try await Sample.repository(at: url).load(Sample.name) }
        try await refusal(.schemaTooNew) { try await Sample.repository(at: url).save(try Sample.environment()) }
        try await refusal(.schemaTooNew) { try await Sample.repository(at: url).migrate() }
        try await server.run("DELETE FROM typed_environments.migrations WHERE version > 1", in: database)
        let error = try await refusal(.storeNotPrepared) { _ = try await Sample.repository(at: url).load(Sample.name) }
        #expect(error.message.contains("migrate()"))
    }

    @Test func twoMigrationsAtOnceMakeTheTablesOnce() async throws {
        let server = try await TestServer.shared.value
        let (_, url) = try await server.newDatabase()
        let versions = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 { group.addTask { try await Sample.repository(at: url).migrate().from } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(versions.sorted() == [0, 2, 2, 2, 2, 2])
    }

    @Test func aUserWhoMayOnlyReadCanReadAndNothingElse() async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        let owner = try Sample.repository(at: url)
        try await owner.migrate()
        try await owner.save(try Sample.environment())
        try await server.run("CREATE ROLE \(database)_nobody LOGIN; CREATE ROLE \(database)_reader LOGIN", in: database)
        try await server.run(
            """
            GRANT USAGE ON SCHEMA typed_environments TO \(database)_reader;
            GRANT SELECT ON ALL TABLES IN SCHEMA typed_environments TO \(database)_reader
            """, in: database)
        let nobody = try Sample.repository(at: server.url(database, user: "\(database)_nobody"))
        let error = try await refusal(.readStateFailed) { _ = try await nobody.load(Sample.name) }
        #expect(error.message.contains("permission denied"))
        #expect(error.message.contains("Grant the user the rights"))
        try await refusal(.notWritable) { try await nobody.migrate() }

        let reader = try Sample.repository(at: server.url(database, user: "\(database)_reader"))
        #expect(try await reader.load(Sample.name)?.serial == 1)
        #expect(try await reader.names() == [Sample.name])
        #expect(try await reader.historyLines(of: Sample.name)?.count == 1)
        try await refusal(.lockUnusable) {
            _ = try await reader.acquireLease(Sample.name, for: .run, run: CommandRun())
        }
        let lease = try await owner.acquireLease(Sample.name, for: .run, run: CommandRun())
        #expect(try await reader.holder(of: Sample.name)?.command == .run)
        try await refusal(.notWritable) { try await reader.forceRelease(Sample.name, heldBy: nil) }
        try await lease.save(try Sample.environment(), event: Sample.event())
        await lease.release()
    }

    @Test func rightsThatAreTakenAwayDuringALeaseFailTheSaveAndLoseNothing() async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        try await Sample.repository(at: url).migrate()
        try await server.run(
            """
            CREATE ROLE \(database)_worker LOGIN; GRANT USAGE ON SCHEMA typed_environments TO \(database)_worker;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA typed_environments TO \(database)_worker
            """, in: database)
        let worker = try Sample.repository(at: server.url(database, user: "\(database)_worker"))
        let lease = try await worker.acquireLease(Sample.name, for: .run, run: CommandRun())
        try await lease.save(try Sample.environment(), event: Sample.event())
        try await server.run(
            "REVOKE INSERT ON typed_environments.history FROM \(database)_worker", in: database)
        try await refusal(.notWritable) { try await lease.save(try Sample.environment(), event: Sample.event()) }
        #expect(try await worker.load(Sample.name)?.serial == 1)
        try await server.run("GRANT INSERT ON typed_environments.history TO \(database)_worker", in: database)
        // The lease is still held, and the next save contains the event of the failed one.
        let saved = try await lease.save(try Sample.environment(), event: Sample.event())
        #expect(saved.serial == 2 && saved.line?.missed.count == 1)
        await lease.release()
        #expect(worker.metrics.summary.successes == 2)
        #expect(worker.metrics.summary.failures == [.notWritable: 1])
    }

    @Test(
        "Behind a connection pooler no lease is given",
        .enabled(if: Program.find("pgbouncer") != nil, "pgbouncer is installed: apt-get install pgbouncer"),
        arguments: ["transaction", "session"])
    func pooler(_ mode: String) async throws {
        let server = try await TestServer.shared.value
        let (database, url) = try await server.newDatabase()
        try await Sample.repository(at: url).migrate()
        try await Pooler.with(server, mode: mode) { pooler in
            let repository = try Sample.repository(at: "host=\(pooler) port=6432 dbname=\(database) user=postgres")
            let error = try await refusal(.lockUnusable) {
                _ = try await repository.acquireLease(Sample.name, for: .run, run: CommandRun())
            }
            #expect(error.message.contains("connection pooler"))
        }
    }

    private func expectNoPassword(_ text: String) {
        #expect(!text.contains(Self.password))
    }
}

/// Runs `body`, which must throw an error with a code, and returns the error.
@discardableResult
func refusal(_ code: RepositoryError.Code, of body: () async throws -> Void) async throws -> RepositoryError {
    let error = await #expect(throws: RepositoryError.self) { try await body() }
    let found = try #require(error)
    #expect(found.code == code, "\(found)")
    return found
}

/// Returns the records that `body` logs.
func logged(_ body: () async throws -> Void) async throws -> [LogRecord] {
    let records = Records()
    try await EnvironmentLog.withHandler({ records.add($0) }) { try await body() }
    return records.all
}

/// A list of log records that several tasks can append to.
private final class Records: Sendable {
    private let records = Mutex<[LogRecord]>([])
    func add(_ record: LogRecord) { records.withLock { $0.append(record) } }
    var all: [LogRecord] { records.withLock(\.self) }
}
