import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests that kill anything at any time: no acknowledged save is lost, and two commands never work on one environment.
///
/// `KILL_ROUNDS` sets the number of rounds; `Scripts/kill-rounds` makes a thousand and prints the figures.
@Suite(.enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"))
struct KillTests {
    private enum Blow: CaseIterable {
        case killWorker, stopWorker, endSession, killSession, stopServer, crashServer
    }

    @Test func anythingIsKilledAtAnyTime() async throws {
        let rounds = ProcessInfo.processInfo.environment["KILL_ROUNDS"].flatMap { Int($0) } ?? 30
        let seed = ProcessInfo.processInfo.environment["KILL_SEED"].flatMap { UInt64($0) } ?? .random(in: .min ... .max)
        var random = Random(state: seed)
        let server = try await TestServer()
        let (_, url) = try await server.newDatabase()
        let folder = try newFolder()
        let repository = try Sample.repository(at: url)
        try await repository.migrate()
        let names = [Sample.named("one"), Sample.named("two")]
        func worker(_ index: Int) throws -> Worker {
            try Worker(["work", url, folder, names[index % 2].text, "0", "2000"])
        }
        var workers = try (0..<8).map { try worker($0) }
        print("kill rounds begin with seed \(seed)")
        var dealt: [Blow: Int] = [:]
        let start = ContinuousClock.now

        for _ in 0..<rounds {
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...120, using: &random)))
            let index = Int.random(in: 0..<workers.count, using: &random)
            let blow = Blow.allCases[Int.random(in: 0..<Blow.allCases.count, using: &random)]
            dealt[blow, default: 0] += 1
            switch blow {
            case .killWorker:
                workers[index].signal(SIGKILL)
                workers[index] = try worker(index)
            case .stopWorker:
                workers[index].signal(SIGSTOP)
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...100, using: &random)))
                workers[index].signal(SIGCONT)
            case .endSession:
                let session = try await session(server, &random)
                _ = try? await server.run("SELECT pg_terminate_backend(\(session ?? "0"))")
            case .killSession:
                // The server ends all other sessions and recovers as after a crash.
                if let session = try await session(server, &random).flatMap({ Int32($0) }) { kill(session, SIGKILL) }
            case .stopServer:
                // PostgreSQL 15 can hang when it is asked to stop during a recovery.
                try await waitUntilReady(server)
                try await server.stop("fast")
                try await server.start()
            case .crashServer:
                try await server.stop("immediate")
                try await server.start()
            }
        }
        let took = ContinuousClock.now - start
        for worker in workers { worker.signal(SIGKILL) }
        for worker in workers { await worker.wait() }
        // The server may still be recovering from the last kill.
        try await waitUntilReady(server)

        var figures: [String] = []
        for name in names {
            let ledger = try Ledger(folder, name)
            try await ledger.expectAllIn(repository, name)
            #expect(!ledger.saved.isEmpty)
            let failed = ledger.failures.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            figures.append(
                "\(name): \(ledger.sent.count) saves sent, \(ledger.saved.count) acknowledged and all there, "
                    + "\(failed.joined(separator: ", ")); \(ledger.together) times two at work")
        }
        let blows = Blow.allCases.map { "\($0) \(dealt[$0] ?? 0)" }.joined(separator: ", ")
        print("kill rounds: \(rounds) in \(took) (seed \(seed)): \(blows)\n" + figures.joined(separator: "\n"))
    }

    private func waitUntilReady(_ server: TestServer) async throws {
        while (try? await server.run("SELECT 1")) == nil { try await Task.sleep(for: .milliseconds(100)) }
    }

    /// Returns the server process of a session that works on the environments; `nil` for none.
    private func session(_ server: TestServer, _ random: inout Random) async throws -> String? {
        // The server may still be recovering.
        guard
            let list = try? await server.run(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'typed-environments' ORDER BY pid")
        else { return nil }
        return list.split(separator: "\n").map(String.init).randomElement(using: &random)
    }
}

/// A small random number generator with a seed (Steele, Lea and Flood 2014), so that a run can be repeated.
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
