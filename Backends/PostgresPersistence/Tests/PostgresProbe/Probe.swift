import Dispatch
import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence

/// A program that tests start as separate processes, which they kill and stop.
///
///     postgres-probe hold URL FOLDER NAME               takes a lease, saves, and saves again for each line of input
///     postgres-probe watch URL FOLDER NAME GRACE        the same, and says when the lease is lost
///     postgres-probe work URL FOLDER NAME COUNT GRACE   saves COUNT times (0: without end), each time noted before and after
///
/// Each line on standard output reports one event.
@main
enum Probe {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count >= 4, let name = try? EnvironmentName(words[3]) else { throw Usage() }
        try await EnvironmentLog.withHandler({ _ in }) {
            switch words[0] {
            case "hold": try await hold(try repository(words, grace: 30_000), name)
            case "watch":
                guard words.count == 5, let grace = Int(words[4]) else { throw Usage() }
                try await hold(try repository(words, grace: grace), name, isWatching: true)
            case "work":
                guard words.count == 6, let count = Int(words[4]), let grace = Int(words[5]) else { throw Usage() }
                try await Worker(repository: try repository(words, grace: grace), name: name, folder: words[2])
                    .work(count)
            default: throw Usage()
            }
        }
    }

    struct Usage: Error {}

    private static func repository(_ words: [String], grace: Int) throws -> PostgresEnvironmentRepository {
        try PostgresEnvironmentRepository(
            PostgresServer(words[1]), workspaces: words[2] + "/work", lockTimeout: .seconds(120),
            takeoverGrace: .milliseconds(grace), settleTimeout: .milliseconds(grace / 2),
            emergencyFolder: words[2] + "/emergency")
    }

    /// The queue that reads the input; the global queue would block threads of the concurrency pool.
    private static let input = DispatchQueue(label: "input")

    /// Returns the next line of the input, which is read on a thread of its own.
    private static func nextLine() async -> String? {
        await withCheckedContinuation { continuation in
            input.async { continuation.resume(returning: readLine()) }
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private static func hold(
        _ repository: PostgresEnvironmentRepository, _ name: EnvironmentName, isWatching: Bool = false
    ) async throws {
        let lease = try await repository.acquireLease(name, for: .provision, run: CommandRun())
        var number = 0
        repeat {
            do {
                say("saved \(try await lease.save(specimen(name), event: event()).serial)")
            } catch {
                say("failed \((error as? RepositoryError)?.code.rawValue ?? "\(error)")")
            }
            if isWatching && number == 0 {
                Task {
                    await lease.waitUntilLost()
                    say("lost")
                }
            }
            number += 1
        } while await nextLine() != nil
        await lease.release()
    }
}

/// A worker that saves an environment repeatedly, whatever happens to the server.
private struct Worker {
    let repository: PostgresEnvironmentRepository
    let name: EnvironmentName
    let folder: String

    func work(_ count: Int) async throws {
        // The journal records what was sent and what was acknowledged. Each line is one write, so that a kill cannot
        // split it.
        let journal = unsafe open("\(folder)/\(name).\(getpid()).journal", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let inside = unsafe open("\(folder)/\(name).inside", O_RDWR | O_CREAT, 0o600)
        func note(_ line: String) {
            let bytes = Array((line + "\n").utf8)
            _ = unsafe bytes.withUnsafeBytes { unsafe write(journal, $0.baseAddress, $0.count) }
        }
        var done = 0
        let parent = getppid()
        // The process ends when the test that started it has ended.
        while (count == 0 || done < count) && getppid() == parent {
            guard let lease = try? await repository.acquireLease(name, for: .run, run: CommandRun()) else {
                // At least 100 ms, because a server that shuts down waits for every new connection.
                try await Task.sleep(for: .milliseconds(Int.random(in: 100...300)))
                continue
            }
            // No other worker may be here now. This lock is the kernel's and ends with the process.
            if flock(inside, LOCK_EX | LOCK_NB) != 0 { note("together") }
            for _ in 0..<Int.random(in: 1...4) where count == 0 || done < count {
                let event = event()
                note("sent \(event.commandID)")
                do {
                    try await lease.save(try specimen(name), event: event)
                    note("saved \(event.commandID)")
                    done += 1
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...3)))
                } catch {
                    note("failed \(event.commandID) \((error as? RepositoryError)?.code.rawValue ?? "\(error)")")
                    break
                }
            }
            flock(inside, LOCK_UN)
            await lease.release()
        }
    }
}

private func specimen(_ name: EnvironmentName) throws -> AnyEnvironmentState {
    Environment<Created>(
        name: name,
        sshCredentials: SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
            publicKeyPath: try AbsolutePath("/keys/id.pub"))
    ).erased
}

private func event() -> HistoryEvent {
    HistoryEvent(command: .run, commandID: .random(), change: .transition(from: .created, to: .created))
}
