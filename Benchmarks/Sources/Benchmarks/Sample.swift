import EnvironmentDomain
import Foundation
import Persistence

/// The saved environment, which is configured and created with the library's public API.
enum Sample {
    static func environment(_ name: EnvironmentName) throws -> AnyEnvironmentState {
        let credentials = SSHCredentials(
            username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/home/deploy/.ssh/id_ed25519"),
            publicKeyPath: try AbsolutePath("/home/deploy/.ssh/id_ed25519.pub"))
        let address = Instance(address: try InstanceAddress("10.0.0.7"))
        return Environment<Created>(name: name, sshCredentials: credentials).startProvisioning().provisioned(address)
            .startConfiguring().configured().erased
    }

    static func event(_ run: CommandRun = CommandRun()) -> HistoryEvent {
        HistoryEvent(command: .save, commandID: run.id, change: .transition(from: .configured, to: .configured))
    }
}

/// A folder of the library with an environment that was saved a few times.
struct Ours {
    let repository: FileEnvironmentRepository
    let name: EnvironmentName
    let environment: AnyEnvironmentState

    init(_ folder: String, name: String = "e", saves: Int = 7) async throws {
        repository = try FileEnvironmentRepository(
            dataFolder: folder + "/data", lockTimeout: .seconds(60), emergencyFolder: folder + "/no-emergency")
        self.name = try EnvironmentName(name)
        environment = try Sample.environment(self.name)
        try await save(saves)
    }

    /// Saves `count` times under one lease.
    func save(_ count: Int) async throws {
        try await repository.withLease(name, for: .save) { lease in
            for _ in 0..<count { try await lease.save(environment, event: Sample.event()) }
        }
    }

    var folder: String { repository.workspace(for: name).root.text }

    /// Returns the bytes of `state.json` and the newest line of the history.
    func stored() throws -> (content: [UInt8], line: [UInt8]) {
        let content = try Data(contentsOf: URL(filePath: folder + "/state.json"))
        let history = try Data(contentsOf: URL(filePath: folder + "/history.jsonl"))
        // After its lines, a log has blanks as reserved space for the next line.
        let line = history.split(separator: UInt8(ascii: "\n")).last { $0.first == UInt8(ascii: "{") }
        return (Array(content), Array(line ?? Data()) + [10])
    }
}

/// A document of any size, for the generic document store.
struct Notes: Codable, Hashable, Sendable {
    var lines: [String]

    /// Creates a document of about `bytes` bytes of JSON.
    init(bytes: Int) {
        lines = (0..<(bytes / 108)).map { String(repeating: "\($0 % 10)", count: 96) }
    }
}
