import ArgumentParser
import CommandLineProgram
import EnvironmentDomain
import EnvironmentPage

struct WriteReport: EnvctlCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "A page for a browser: all environments, their runs, and why one failed.",
        usage: "envctl report [<name> ...] [--output <file>] [<options>]",
        discussion: """
            The page is one HTML file that loads nothing, for a mail or the artifacts of a build: envctl report > page.html. \
            It holds the outputs of steps and the last lines of a failed step's log. Nothing is locked or changed; what \
            cannot be read is shown with its error, and the exit code is 65 then.
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

    @OptionGroup var global: GlobalOptions

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
                next: (["envctl"] + session.words + ["--output", "page.html"]).commandLine)
        }
        let readAt = Timestamp.now()
        let environments = try await environments(session)
        let page = EnvironmentPage(
            location: session.repository.location, readAt: readAt, generator: "envctl \(Program.version)",
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
            failure: damages.isEmpty
                ? nil
                : Failure(
                    damages.allSatisfy(\.isOutOfReach) ? .notSaved : .damaged, "damaged",
                    "\(damages.count) of \(environments.count) environments cannot be read.",
                    next: (["envctl", "doctor", "--all"] + global.words).commandLine))
    }

    /// Reads the environments that are asked for, or all.
    private func environments(_ session: Session) async throws -> [ReportedEnvironment] {
        let repository = session.repository
        let all = names.isEmpty ? try await repository.names() : Array(Set(names)).sorted()
        let steps = KnownSteps()
        let runs = EnvironmentPage.runs(of: all.count)
        let found = await withTaskGroup(of: [(EnvironmentName, ReportedEnvironment?)].self) { group in
            // With a database each has a connection.
            let size = max(1, (all.count + 3) / 4)
            for start in stride(from: 0, to: all.count, by: size) {
                group.addTask {
                    var found: [(EnvironmentName, ReportedEnvironment?)] = []
                    for name in all[start..<min(start + size, all.count)] {
                        let reading = EnvironmentReading(
                            name: name, repository: repository, invocation: session.invocation(name), steps: steps,
                            runs: runs)
                        found.append((name, await reading.environment()))
                    }
                    return found
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        if !names.isEmpty, let missing = found.first(where: { $0.1 == nil }) {
            throw try await session.notFound(missing.0)
        }
        return found.compactMap(\.1)
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
