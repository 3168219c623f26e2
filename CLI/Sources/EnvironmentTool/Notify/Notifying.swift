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

    /// Prepares the delivery of the events that the command saves, so that they are delivered even after a kill.
    func begin(in repository: any EnvironmentArchive) async {
        guard isConfigured else { return }
        let outbox = Outbox.current(repository)
        let names = await names(in: repository)
        if command is Purge || command is Forget {
            // The notices are derived from the log, which these commands remove.
            say(await outbox.deliver(names, until: .now + Self.limit))
        } else if tells {
            for name in names where await exists(name, in: repository) || creates {
                guard let reason = await outbox.begin(name) else { continue }
                warn("notifications cannot be delivered", ["environment_name": name.text, "reason": reason])
            }
        }
    }

    /// Returns the environments of the command; none when the store cannot be read, which the command itself reports.
    private func names(in repository: any EnvironmentArchive) async -> [EnvironmentName] {
        (try? await command.environments(in: repository)) ?? []
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
        let own = await self.names(in: repository)
        if command is Purge || command is Forget { for name in own { await outbox.forget(name) } }
        let start = ContinuousClock.now
        let deliveries = await outbox.deliver(own, until: start + Self.limit)
        // A folder that cannot be written to matters only to commands that write.
        say(command.readsStore ? deliveries.filter { $0.delivered > 0 } : deliveries)
        guard let names = try? await repository.names() else { return }
        // The order is random, so that every environment gets its turn.
        let others = names.filter { !own.contains($0) }.shuffled()
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
