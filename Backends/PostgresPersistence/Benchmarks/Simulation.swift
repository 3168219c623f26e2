import EnvironmentDomain
import Persistence
import PostgresPersistence
import Synchronization

/// A simulation of operators that work on many environments for a time.
///
/// The printed text contains the assumptions.
struct Simulation {
    let url: String
    let folder: String
    let environments: Int
    let operators: Int
    let time: Duration

    private struct Figures {
        var looks = Series()
        var lists = Series()
        var commands = Series()
        var saves = 0
        var held = 0
        var errors = 0
    }

    /// The combined figures of all operators.
    private final class Ledger: Sendable {
        let content = Mutex(Figures())
    }

    func run() async throws {
        let figures = Ledger()
        let end = ContinuousClock.now + time
        try await withThrowingTaskGroup { group in
            for _ in 0..<operators {
                // In production each operator has its own process, and therefore its own connections.
                let store = try Main.database(url, folder: folder).withLockTimeout(.zero)
                group.addTask {
                    var random = SystemRandomNumberGenerator()
                    while .now < end {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 0...2000, using: &random)))
                        let name = try Population.name(Int.random(in: 0..<environments, using: &random))
                        await work(store, name, draw: Int.random(in: 0..<100, using: &random), figures)
                    }
                }
            }
            try await group.waitForAll()
        }
        report(figures.content.withLock { $0 })
    }

    private func work(
        _ store: PostgresEnvironmentRepository, _ name: EnvironmentName, draw: Int, _ figures: Ledger
    ) async {
        let start = ContinuousClock.now
        do throws(RepositoryError) {
            if draw < 70 {
                _ = try await store.load(name)
                _ = try await store.holder(of: name)
                figures.content.withLock { $0.looks.add(.now - start) }
            } else if draw < 75 {
                _ = try await store.names()
                figures.content.withLock { $0.lists.add(.now - start) }
            } else {
                let lease = try await store.acquireLease(name, for: .configure, run: CommandRun())
                guard let stored = try await lease.stored else { return await lease.release() }
                for _ in 0..<8 { try await lease.save(stored.document, event: Main.event()) }
                await lease.release()
                figures.content.withLock { figures in
                    figures.commands.add(.now - start)
                    figures.saves += 8
                }
            }
        } catch {
            figures.content.withLock { figures in
                if error.code == .lockAcquisitionFailed { figures.held += 1 } else { figures.errors += 1 }
            }
        }
    }

    private func report(_ figures: Figures) {
        let seconds = Double(time.components.seconds)
        print(
            """
            ## \(operators) operators on \(environments) environments

            Assumed: each operator has connections of their own and pauses 0 to 2 s (evenly) between two things; of 100 \
            things they do, 70 look at one environment (document and holder), 5 list all names, and 25 are a command with \
            8 saves (three steps, begun and ended) whose steps take no time; the environments are drawn evenly, and an \
            environment that is held is left alone. Steps that take minutes, as they do, make fewer saves a second. \
            \(Int(seconds)) s, all on one machine with the server.

            | what | how many | a second | median | p99 |
            |---|---|---|---|---|
            \(row("look at one environment", figures.looks))
            \(row("list all names", figures.lists))
            \(row("command with 8 saves", figures.commands))

            \(figures.saves) saves (\(Int(Double(figures.saves) / seconds)) a second); \(figures.held) commands found their \
            environment held; \(figures.errors) errors.
            """)
    }

    private func row(_ what: String, _ series: Series) -> String {
        let rate = Double(series.count) / Double(time.components.seconds)
        return "| \(what) | \(series.count) | \(Int(rate.rounded())) | \(series.median) | \(series.p99) |"
    }
}
