import ArgumentParser
import CommandLineProgram
import EnvironmentDomain
import EnvironmentPage

struct WriteReport: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "A page for a browser: all environments, their runs, and why one failed.",
        usage: "\(Tool.name) report [<name> ...] [--output <file>] [<options>]",
        discussion: """
            The page is one HTML file that loads nothing, for a mail or the artifacts of a build: \(Tool.name) report > page.html. \
            It holds the outputs of steps and the last lines of a failed step's log. Nothing is locked or changed; what \
            cannot be read is shown with its error, and the exit code is 65, or 74 when it is only out of reach.

            \(Examples(["report > page.html", "report web api --output page.html"]))
            """)

    @Argument(
        help: ArgumentHelp("Only these environments.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var names: [EnvironmentName] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where the page goes, readable by its owner only; only an earlier page is replaced (default: standard output).",
            valueName: "file"))
    var output: String?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func validate() throws {
        if output?.isEmpty == true { throw ValidationError("--output needs a value and not an empty text.") }
    }

    private var file: OutputFile? {
        output.flatMap { $0 == "-" ? nil : OutputFile($0, beginning: EnvironmentPage.beginning) }
    }

    func answer(_ session: Session) async throws -> Answer {
        if output == nil, !global.isJSON, StandardOutput.isTerminal {
            throw Failure(
                .usage, "usage", "The page is an HTML file and is not for a terminal. Name a file for it.",
                next: Invocation.adding(["--output", "page.html"], to: session.words))
        }
        let readAt = Timestamp.now()
        let environments = try await environments(session)
        let page = EnvironmentPage(
            location: session.repository.location, readAt: readAt, generator: "\(Tool.name) \(Tool.current.version)",
            environments: environments)
        let text = page.text
        try file?.write(text)
        let damages = environments.compactMap { environment -> Overview.Damage? in
            guard case .damaged(let error) = environment.standing else { return nil }
            return Overview.Damage(error, folder: nil)
        }
        let count = "\(environments.count) environment\(environments.count == 1 ? "" : "s")"
        return Answer(
            [file.map { "\($0.path): \(count)" } ?? text],
            json: Result(
                dataFolder: page.location, environments: environments.map(\.name), damaged: damages.count,
                file: file?.path, page: file == nil ? text : nil),
            failure: Failure(unreadable: damages, of: environments.count, global))
    }

    /// Reads the environments that are asked for, or all.
    private func environments(_ session: Session) async throws -> [ReportedEnvironment] {
        let repository = session.repository
        let all = names.isEmpty ? try await repository.names() : Array(Set(names)).sorted()
        let runs = EnvironmentPage.runs(of: all.count)
        let found = await session.read(all) { name in
            let reading = EnvironmentReading(
                name: name, repository: repository, providers: session.providers,
                invocation: session.invocation(name), runs: runs)
            return await reading.environment()
        }
        let missing = names.isEmpty ? nil : all.first { name in !found.contains { $0.name == name } }
        if let missing { throw try await session.notFound(missing) }
        return found
    }

    /// What `report` says in JSON.
    private struct Result: Encodable, Sendable {
        let dataFolder: String
        let environments: [EnvironmentName]
        let damaged: Int
        let file: String?
        /// The HTML text, when it did not go to a file.
        let page: String?

        enum CodingKeys: String, CodingKey {
            case environments, damaged, file, page
            case dataFolder = "data_dir"
        }
    }
}
