import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Notify: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delivers the notifications that could not be delivered before.",
        usage: "\(Tool.name) notify [<name> ...] [<options>]",
        discussion: """
            Every command delivers its own for some seconds after its end, and what is left is tried again by later commands. \
            This one tries everything at once, whatever has failed a short time ago. The configuration file says who is told \
            (\(Tool.name) doctor names it).

            \(Examples(["notify", "notify web"]))
            """)

    @Argument(
        help: ArgumentHelp("Only these environments.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var names: [EnvironmentName] = []

    @OptionGroup var global: GlobalOptions

    func answer(_ session: Session) async throws -> Answer {
        let outbox = Outbox.current(session.repository)
        guard !outbox.isEmpty else {
            throw Failure(
                .usage, "no_notifications",
                "Nobody is to be told anything: there are no notifications in "
                    + "\(Configuration.paths(of: Tool.name).joined(separator: " or ")).")
        }
        for name in names { _ = try await session.stored(name) }
        let all = names.isEmpty ? try await session.repository.names() : Array(Set(names)).sorted()
        let deliveries = await outbox.deliver(all, isUrgent: true)
        let failed = deliveries.filter { $0.failure != nil }
        let lines = deliveries.map { delivery in
            "\(delivery.environment): \(delivery.delivered) to \(delivery.target)"
                + (delivery.failure.map { ", then \($0)" } ?? "")
        }
        return Answer(
            lines.isEmpty ? ["nothing to deliver"] : lines,
            json: Report(deliveries: deliveries.map(Report.Delivery.init)),
            failure: failed.first.map { first in
                Failure(
                    .notSaved, "not_delivered",
                    "Notifications of \(failed.count == 1 ? "\(first.environment)" : "\(failed.count) environments and targets") "
                        + "could not be delivered. They are kept, and tried again.")
            })
    }

    /// What `notify` says in JSON.
    private struct Report: Encodable, Sendable {
        let deliveries: [Delivery]

        struct Delivery: Encodable, Sendable {
            let environment: EnvironmentName
            let target: String
            let delivered: Int
            let failure: String?

            init(_ delivery: Outbox.Delivery) {
                environment = delivery.environment
                target = delivery.target
                delivered = delivery.delivered
                failure = delivery.failure
            }
        }
    }
}
