import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct List: ToolCommand {
    enum Order: String, CaseIterable, ExpressibleByArgument, Sendable {
        case name, state, since
    }

    static let configuration = CommandConfiguration(
        abstract: "All environments: state, since when, step, who holds it, last error.",
        usage: "\(Tool.name) list [<options>]",
        discussion: """
            Environments that cannot be read are marked. The exit code is 65 when one is damaged, and 74 when they are only \
            out of reach. Nothing is locked or written.

            \(Examples(["list", "list --troubled", "list --wide --sort since", "list --watch"]))
            """,
        aliases: ["ls", "ps"])

    @Option(
        name: .long,
        help: ArgumentHelp("Only environments in this state; can be given more than once.", valueName: "state"))
    var state: [LifecycleState] = []

    @Flag(name: .long, help: "Only what needs somebody: damaged, failed, interrupted, frozen.")
    var troubled = false

    @Option(name: .long, help: "What to sort by.")
    var sort = Order.name

    @Flag(name: .long, help: "Also the release's parameters, the address and the provider.")
    var wide = false

    @Flag(name: .long, help: "Show it again and again, until Ctrl-C.")
    var watch = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var follows: Bool { watch }

    func validate() throws {
        if watch && global.isJSON { throw ValidationError("--watch and --json exclude each other.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        guard watch else { return try await look(session) }
        let screen = Screen(redraws: global.redraws)
        // What cannot be read at all is said once, and not waited for.
        var answer = try await look(session)
        try await session.watch(nil) {
            answer = try await look(session)
            screen.show(answer.lines)
        }
        answer.lines = []
        return answer
    }

    private var isLog: Bool { watch && !global.redraws }

    private func look(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let names = try await repository.names()
        let overviews = await Self.overviews(names, in: repository, session)
        let shown = sorted(overviews.filter(isWanted))
        let damages = shown.compactMap(\.damage)
        let answer = Listing(dataFolder: repository.location, environments: shown, damaged: damages.count)
        let more = wide ? ["RELEASE", "ADDRESS", "PROVIDER"] : []
        var table = Table(header: ["NAME", "STATE", "SINCE", "STEP"] + more + ["REMARK"])
        let remark = table.header.count - 1
        table.shortened = [0, 3] + (4..<remark)
        table.dispensable = [remark, 2] + (4..<remark).reversed()
        if global.paints { table.styles = [1: shown.map(\.stateStyle)] }
        table.rows = shown.map {
            // What is not redrawn is a log: an age would make every line of it new.
            let since = isLog ? $0.since.map(global.clock.text) : $0.since?.age
            let more = wide ? [$0.releaseText, $0.instanceAddress?.text ?? "-", $0.providerText] : []
            return [$0.environment.text, $0.stateText, since ?? "-", $0.step?.text ?? "-"] + more + [$0.remark]
        }
        let none =
            overviews.isEmpty ? "no environments in \(repository.location)" : "none of \(overviews.count) is meant"
        return Answer(
            shown.isEmpty ? [none] : table.lines(), json: answer,
            failure: Failure(unreadable: damages, of: shown.count, global))
    }

    private static func overviews(
        _ names: [EnvironmentName], in repository: any EnvironmentArchive, _ session: Session
    ) async -> [Overview] {
        // Read again for each picture, since a workflow may be changed while it is shown.
        let providers = Providers(own: session.providers.own)
        return await session.read(names) { name in
            await Overview(name, in: repository, providers, session.invocation(name))
        }
    }

    private func isWanted(_ overview: Overview) -> Bool {
        if !state.isEmpty, overview.state.map(state.contains) != true { return false }
        guard troubled else { return true }
        return overview.damage != nil || overview.doubt != nil || overview.failure != nil || overview.isInterrupted
            || overview.freeze != nil
    }

    private func sorted(_ overviews: [Overview]) -> [Overview] {
        overviews.sorted { left, right in
            switch sort {
            case .name: break
            case .state where left.stateText != right.stateText: return left.stateText < right.stateText
            case .since where left.since != right.since:
                return (left.since ?? .distantPast) > (right.since ?? .distantPast)
            case .state, .since: break
            }
            return left.environment < right.environment
        }
    }
}

/// What `list` says in JSON.
private struct Listing: Encodable, Sendable {
    let dataFolder: String
    let environments: [Overview]
    let damaged: Int

    enum CodingKeys: String, CodingKey {
        case environments, damaged
        case dataFolder = "data_dir"
    }
}

extension Timestamp {
    fileprivate static let distantPast = Timestamp(millisecondsSince1970: .min)
}
