import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence

/// The environments and repositories of the tests.
enum Sample {
    /// Returns a repository in a new database.
    static func repository(
        on server: TestServer, lockTimeout: Duration = .seconds(540), takeoverGrace: Duration = .seconds(30)
    ) async throws -> PostgresEnvironmentRepository {
        let repository = try repository(
            at: try await server.newDatabase().url, lockTimeout: lockTimeout, takeoverGrace: takeoverGrace)
        try await repository.migrate()
        return repository
    }

    static func repository(
        at url: String, lockTimeout: Duration = .seconds(540), takeoverGrace: Duration = .seconds(30),
        settleTimeout: Duration = .seconds(60),
        folder given: String? = nil
    ) throws -> PostgresEnvironmentRepository {
        let folder = try given ?? newFolder()
        return try PostgresEnvironmentRepository(
            PostgresServer(url), workspaces: folder, lockTimeout: lockTimeout, takeoverGrace: takeoverGrace,
            settleTimeout: settleTimeout, emergencyFolder: folder + "/emergency")
    }

    static let name: EnvironmentName = named("my-env")

    static func named(_ text: String) -> EnvironmentName {
        guard let name = try? EnvironmentName(text) else { preconditionFailure("\(text) is a name") }
        return name
    }

    static func environment(_ name: EnvironmentName = name) throws -> AnyEnvironmentState {
        let credentials = SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
            publicKeyPath: try AbsolutePath("/keys/id.pub"))
        let address = Instance(address: try InstanceAddress("10.0.0.7"))
        return Environment<Created>(name: name, sshCredentials: credentials).startProvisioning().provisioned(address)
            .erased
    }

    static func event(_ command: CommandName = .provision) -> HistoryEvent {
        HistoryEvent(command: command, commandID: .random(), change: .transition(from: .provisioning, to: .provisioned))
    }
}
