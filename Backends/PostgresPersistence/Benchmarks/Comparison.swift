import EnvironmentDomain
import Persistence
import Synchronization

/// A comparison that runs the same work with each store in turns, so that other load on the machine affects all of
/// them.
struct Comparison {
    let stores: [(String, any EnvironmentArchive)]
    let rounds: Int
    private let clock = ContinuousClock()

    init(stores: [(String, any EnvironmentArchive)], rounds: Int) {
        self.stores = stores
        self.rounds = rounds
    }

    /// Measures saves under a held lease.
    func saves() async throws {
        let name = EnvironmentName("saves")
        let environment = try Main.environment(name)
        var leases: [any EnvironmentLease] = []
        for (_, store) in stores {
            leases.append(try await store.acquireLease(name, for: .save, run: CommandRun()))
        }
        try await compare("save under a lease") { index, _ in
            try await clock.measure { try await leases[index].save(environment, event: Main.event()) }
        }
        for lease in leases { await lease.release() }
        try await compare("load") { _, store in try await clock.measure { _ = try await store.load(name) } }
    }

    /// Measures a lease, a save and a release together.
    func leases() async throws {
        let environment = try Main.environment(EnvironmentName("leases"))
        try await compare("lease, save, release") { _, store in
            try await clock.measure { try await store.save(environment) }
        }
    }

    /// Measures the time from the release by one holder to the acquisition by a waiting one.
    func handOvers() async throws {
        let name = EnvironmentName("hand-over")
        try await compare("hand-over to one who waits", rounds: min(rounds, 100)) { _, store in
            let first = try await store.acquireLease(name, for: .save, run: CommandRun())
            let second = Task {
                let lease = try await store.acquireLease(name, for: .save, run: CommandRun())
                return (lease, ContinuousClock.now)
            }
            try await Task.sleep(for: .milliseconds(40))
            let start = ContinuousClock.now
            await first.release()
            let (lease, end) = try await second.value
            await lease.release()
            return end - start
        }
    }

    /// Measures listing all names of a large store, and loading all its documents.
    func lists(environments count: Int) async throws {
        for (_, store) in stores {
            try await Population.fill(store, count: count)
        }
        try await compare("names of \(count) environments", rounds: 10) { _, store in
            try await clock.measure { _ = try await store.names() }
        }
        try await compare("names and documents of \(count) environments, one by one", rounds: 3) { _, store in
            try await clock.measure { for name in try await store.names() { _ = try await store.load(name) } }
        }
    }

    private func compare(
        _ what: String, rounds: Int? = nil, _ body: (Int, any EnvironmentArchive) async throws -> Duration
    ) async throws {
        var series = stores.map { _ in Series() }
        for _ in 0..<(rounds ?? self.rounds) {
            for index in stores.indices { series[index].add(try await body(index, stores[index].1)) }
        }
        print("| \(what) | " + series.map { "\($0.median) | \($0.p99)" }.joined(separator: " | ") + " |")
    }
}

/// A large number of environments.
enum Population {
    static func name(_ number: Int) throws -> EnvironmentName { try EnvironmentName("env-\(number)") }

    /// Creates the missing ones of `count` environments.
    static func fill(_ store: any EnvironmentArchive, count: Int) async throws {
        let there = Set(try await store.names())
        let missing = try (0..<count).map(name).filter { !there.contains($0) }
        try await withThrowingTaskGroup { group in
            for part in 0..<8 {
                group.addTask {
                    for index in stride(from: part, to: missing.count, by: 8) {
                        try await store.save(Main.environment(missing[index]))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
