import CommandLineProgram
import EnvironmentDomain

/// Notifications around one call of the tool: none of them delays or fails the command itself.
struct Notifying: Sendable {
    let command: any ToolCommand
    let console: Console

    /// How long notices may take after a command.
    private static let limit = Duration.seconds(5)
    /// How long other environments than the command's own are searched for notices that an earlier command left.
    private static let search = Duration.seconds(1)

    private var isConfigured: Bool { !Settings.current.notifications.isEmpty }

    /// Before the command: what it saves will be delivered, also when it is killed.
    func begin(in repository: any EnvironmentArchive) async {
        guard isConfigured, let name = command.environmentName else { return }
        let outbox = Outbox.current(repository)
        if command is Purge || command is Forget {
            // With the log its notices are gone.
            say(await outbox.deliver([name], until: .now + Self.limit))
        } else if tells, await exists(name, in: repository) || creates, let reason = await outbox.begin(name) {
            warn("notifications cannot be delivered", ["environment_name": name.text, "reason": reason])
        }
    }

    /// Whether what the command saves can be told.
    private var tells: Bool {
        command is any WorkCommand || command is Create || command is FreezeEnvironment || command is Validate
    }

    /// Whether the command makes an environment that is not there.
    private var creates: Bool {
        switch command {
        case is Create: true
        case let command as Deploy: command.creation.isGiven
        case let command as Provision: command.creation.isGiven
        default: false
        }
    }

    /// Whether an environment is stored; the command itself says what is wrong with one that cannot be read.
    private func exists(_ name: EnvironmentName, in repository: any EnvironmentArchive) async -> Bool {
        await EnvironmentLog.withHandler({ _ in }) { (try? await repository.load(name)) ?? nil } != nil
    }

    /// After the command: its own notices are delivered, and what earlier commands left.
    func end() async {
        guard isConfigured, !(command is Notify), !(command is Doctor) else { return }
        guard let repository = try? Store.open(command.global) else { return }
        let outbox = Outbox.current(repository)
        if command is Purge || command is Forget, let name = command.environmentName { await outbox.forget(name) }
        let start = ContinuousClock.now
        if let name = command.environmentName {
            let own = await outbox.deliver([name], until: start + Self.limit)
            // A folder that cannot be written to matters to commands that write.
            say(command.readsStore ? own.filter { $0.delivered > 0 } : own)
        }
        guard let names = try? await repository.names() else { return }
        // In another order each time, so that each one's turn comes.
        let others = names.filter { $0 != command.environmentName }.shuffled()
        _ = await outbox.deliver(others, until: min(start + Self.limit, .now + Self.search))
    }

    private func say(_ deliveries: [Outbox.Delivery]) {
        for delivery in deliveries {
            guard let failure = delivery.failure else { continue }
            warn(
                "a notification was not delivered; it is tried again",
                ["environment_name": delivery.environment.text, "target": delivery.target, "reason": failure])
        }
    }

    private func warn(_ message: String, _ fields: KeyValuePairs<String, String>) {
        console.log(LogRecord(level: .warning, message: message, fields: fields))
    }
}

extension Outbox {
    /// The outbox of the configuration.
    static func current(_ repository: any EnvironmentArchive) -> Outbox {
        Outbox(
            repository, targets: Settings.current.notifications, generator: "\(Tool.name) \(Tool.current.version)")
    }
}
