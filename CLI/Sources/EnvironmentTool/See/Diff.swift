import ArgumentParser
import EnvironmentDomain

struct Diff: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "The members that differ between two states of an environment.",
        usage: "\(Tool.name) diff <name> [<from> [<to>]] [<options>]",
        discussion: """
            A state is named by its serial or by a time at which it was the newest: 14, 2h, 2026-11-20T22:19:01Z. Without \
            <to> it is what is stored now, without <from> the state before that.

            \(Examples(["diff web", "diff web 14 19", "diff web 2h"]))
            """)

    @OptionGroup var names: NameOptions

    @Argument(help: ArgumentHelp("The earlier state.", valueName: "from"))
    var from: PastState?

    @Argument(help: ArgumentHelp("The later state.", valueName: "to"))
    var to: PastState?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let later =
            if let to { try await session.state(of: names.name, at: to) } else { try await session.stored(names.name) }
        let earlier: StoredEnvironment
        if let from {
            earlier = try await session.state(of: names.name, at: from)
        } else {
            let before = try await session.repository.states(of: names.name).last { $0 < later.serial }
            earlier = try await session.state(of: names.name, at: .serial(before ?? later.serial))
        }
        let difference = try Difference(from: earlier, to: later)
        return Answer(difference.lines, json: Report(environment: names.name, difference: difference))
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        let difference: Difference

        enum CodingKeys: String, CodingKey { case environment }

        func encode(to encoder: any Encoder) throws {
            try difference.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(environment, forKey: .environment)
        }
    }
}
