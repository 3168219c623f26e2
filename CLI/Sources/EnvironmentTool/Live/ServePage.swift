import ArgumentParser
import CommandLineProgram
import EnvironmentDomain
import EnvironmentPage

struct ServePage: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "ui",
        abstract: "The report's page in a browser, kept current. Until Ctrl-C.",
        usage: "\(Tool.name) ui [<name> ...] [--port <number>] [<options>]",
        discussion: """
            Prints an address of this machine that opens the page once, in one browser. The page changes nothing, and shows a \
            save within a second; while the store is out of reach it shows what was last known, and says so.

            \(Examples(["ui", "ui web api --port 8080"]))
            """)

    @Argument(
        help: ArgumentHelp("Only these environments.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var names: [EnvironmentName] = []

    @Option(
        name: .long,
        help: ArgumentHelp("The port of 127.0.0.1 (default: 0, any that is free).", valueName: "number"))
    var port: UInt16 = 0

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var follows: Bool { true }

    func validate() throws {
        if global.isJSON { throw ValidationError("ui is for a browser; list --json and show --json are for programs.") }
    }

    func answer(_ session: Session) async throws -> Answer {
        for name in names { _ = try await session.stored(name) }
        let feed = LiveFeed()
        let server = PageServer(
            feed: feed, port: port,
            next: ([Tool.name, "ui"] + names.map(\.text) + global.words).commandLine)
        let reading = LiveReading(session: session, names: names.isEmpty ? nil : Set(names), feed: feed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reading.run() }
            group.addTask {
                try await server.run { address in
                    StandardOutput.write([
                        address, "It opens the page once, in a browser on this machine. Ctrl-C ends it.",
                    ])
                }
            }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
        try Task.checkCancellation()
        return Answer([], json: [String]())
    }
}
