import Commands
import EnvironmentDomain
import EnvironmentLogging
import InMemoryLogging
import IntegrationTestSupport
import Logging
import Persistence
import Testing

@Suite("A logger in place of the environment log")
struct LoggingTests {
    private let handler = InMemoryLogHandler()

    private func logger(_ level: Logger.Level = .info) -> Logger {
        var logger = Logger(label: "test", factory: { _ in handler })
        logger.logLevel = level
        return logger
    }

    @Test("gets the transitions of a provision with a failing step, with the keys of the environment log")
    func transitions() async throws {
        let repository = try InMemoryEnvironmentRepository()
        let steps: [Step] = [Step.failing("create_instance", times: 1)]
        let error = try await commandError {
            try await EnvironmentLog.withLogger(logger()) {
                let command = ProvisionCommand(provider: .test(steps), repository: repository)
                _ = try await command.execute(try .sample())
            }
        }
        #expect(error?.code == .stepFailed)
        let transitions = handler.entries.filter { $0.message == "environment state transition" }
        #expect(
            transitions.map(\.metadata)
                == [("created", "provisioning"), ("provisioning", "provision_failed")].map {
                    [
                        "environment_name": "my-env", "instance_name": "env-my-env", "from_state": "\($0.0)",
                        "to_state": "\($0.1)",
                    ]
                })
        #expect(transitions.allSatisfy { $0.level == .info })
        #expect(handler.entries.count { $0.message == "environment created" } == 1)
    }

    @Test(
        "shows lock events of the store when its level is debug, and only then", arguments: [Logger.Level.debug, .info])
    func storeEvents(level: Logger.Level) async throws {
        try await withTemporaryFolder { folder in
            let repository = try FileEnvironmentRepository(dataFolder: folder)
            try await EnvironmentLog.withLogger(logger(level)) {
                try await repository.save(Environment<Created>.sample().erased)
            }
            let locks = handler.entries.filter { $0.message == "lock acquired" || $0.message == "lock released" }
            #expect(locks.map(\.level) == (level == .debug ? [.debug, .debug] : []))
            let path = Logger.MetadataValue.string("\(folder)/my-env/state.json.lock")
            #expect(locks.allSatisfy { $0.metadata["path"] == path })
        }
    }

    @Test("keeps a record's level", arguments: LogLevel.allCases)
    func levels(level: LogLevel) {
        logger(.trace).log(LogRecord(level: level, message: "something"))
        #expect(handler.entries.map(\.level.rawValue) == [level.rawValue])
    }

    @Test("keeps its own metadata beside the record's, and what contradicts itself does not end the program")
    func metadata() {
        var logger = logger()
        logger[metadataKey: "service"] = "deployer"
        EnvironmentLog.withLogger(logger) {
            EnvironmentLog.log(LogRecord(level: .info, message: "twice", fields: ["a": "1", "a": "2", "b": "3"]))
        }
        #expect(handler.entries.map(\.metadata) == [["service": "deployer", "a": "1", "b": "3"]])
    }
}
