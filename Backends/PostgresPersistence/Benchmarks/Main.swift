import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence

/// The program `postgres-benchmarks URL FOLDER [--quick]`, for which `Benchmarks/run` starts a server.
@main
enum Main {
    static func main() async throws {
        let words = CommandLine.arguments
        let isQuick = words.contains("--quick")
        try await EnvironmentLog.withHandler({ _ in }) {
            let database = try Main.database(words[1], folder: words[2])
            try await database.migrate()
            let files = try FileEnvironmentRepository(
                dataFolder: words[2] + "/files", lockTimeout: .seconds(60), emergencyFolder: words[2] + "/emergency")
            let stores: [(String, any EnvironmentArchive)] = [("files", files), ("PostgreSQL", database)]
            print(
                """
                # Results

                `Backends/PostgresPersistence/Benchmarks/run\(isQuick ? " --quick" : "")`, \(Timestamp.now()), PostgreSQL \
                on the same machine over a unix socket with `fsync=on` and `synchronous_commit=on`, both stores on the \
                same disk, in turns. \(ProcessInfo.processInfo.activeProcessorCount) processors; load averages before it \
                began: \(loadAverages).

                | what | files, median | files, p99 | PostgreSQL, median | PostgreSQL, p99 |
                |---|---|---|---|---|
                """)
            let comparison = Comparison(stores: stores, rounds: isQuick ? 50 : 500)
            try await comparison.saves()
            try await comparison.leases()
            try await comparison.handOvers()
            try await comparison.lists(environments: isQuick ? 1000 : 10_000)
            print("")
            try await Simulation(
                url: words[1], folder: words[2], environments: isQuick ? 1000 : 10_000, operators: 100,
                time: .seconds(isQuick ? 5 : 30)
            ).run()
        }
    }

    /// The load averages of the last 1, 5 and 15 minutes; times that were measured on a busy machine are of little
    /// value.
    private static var loadAverages: String {
        var averages = [0.0, 0.0, 0.0]
        return unsafe getloadavg(&averages, 3) == 3
            ? averages.map { "\(Double(Int($0 * 100)) / 100)" }.joined(separator: ", ") : "unknown"
    }

    static func database(_ url: String, folder: String) throws -> PostgresEnvironmentRepository {
        try PostgresEnvironmentRepository(
            PostgresServer(url), workspaces: folder + "/workspaces", lockTimeout: .seconds(60),
            emergencyFolder: folder + "/emergency")
    }

    static func environment(_ name: EnvironmentName) throws -> AnyEnvironmentState {
        let credentials = SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/home/deploy/.ssh/id_ed25519"),
            publicKeyPath: try AbsolutePath("/home/deploy/.ssh/id_ed25519.pub"))
        return Environment<Created>(name: name, sshCredentials: credentials).startProvisioning()
            .provisioned(Instance(address: try InstanceAddress("10.0.0.7"))).startConfiguring().configured().erased
    }

    static func event(_ run: CommandRun = CommandRun()) -> HistoryEvent {
        HistoryEvent(command: .save, commandID: run.id, change: .transition(from: .configured, to: .configured))
    }
}
