import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

/// The way of one call: from the words of the command line to an exit code.
enum Call {
    static func main() {
        Program.prepare()
        var words: [String] = []
        let command: any ParsableCommand
        do {
            words = try Program.arguments()
            // What a shell asks for, such as the names of environments, is found asynchronously.
            if words.first?.hasPrefix("---") == true { complete(words) }
            if let refusal = unknownCommand(words) ?? OptionWords.doubled(in: words) { throw refusal }
            command = try RootCommand.parseAsRoot(words)
            if !(command is any ToolCommand) {
                // The command itself, or the help for one.
                var other = command
                try other.run()
            }
        } catch {
            let console = console(words)
            Program.exit(refuse(error, words, on: console), on: console)
        }
        guard let command = command as? any ToolCommand else { Program.exit(0, on: console(words)) }
        let global = command.global
        let console = Console(
            json: global.logFormat == .json, quiet: global.isQuiet, verbose: global.isVerbose,
            plain: global.isPlain || global.color == .never)
        Program.main(on: console, json: global.isJSON) { [words] in
            let shown = command.environmentName.map { Invocation(global: global, name: $0, words: words).look() }
            Program.exit(await run(command, words, on: console), on: console, next: shown)
        }
    }

    /// Answers a shell's request for completions.
    private static func complete(_ words: [String]) -> Never {
        let console = console(words)
        Program.main(on: console, json: false) {
            do {
                _ = try await RootCommand.asyncParseAsRoot(words)
                return 0
            } catch {
                Program.exit(refuse(error, words, on: console), on: console)
            }
        }
    }

    /// The console before the words of the command line are understood.
    private static func console(_ words: [String]) -> Console {
        Console(json: Console.logsJSON(words))
    }

    private static func run(_ command: any ToolCommand, _ words: [String], on console: Console) async -> Int32 {
        let notifying = Notifying(command: command, console: console)
        let code = await perform(command, words, notifying, on: console)
        await notifying.end()
        return code
    }

    private static func perform(
        _ command: any ToolCommand, _ words: [String], _ notifying: Notifying, on console: Console
    ) async -> Int32 {
        let global = command.global
        let words = words.map(\.withoutPassword)
        let work: @Sendable (ProgressFeed, Interruption) async throws -> Answer = { progress, interruption in
            try Settings.check()
            let repository = try Store.open(global)
            if command.readsStore { try Store.check(repository, namedBy: global) }
            let session = Session(
                global: global, repository: repository, words: words,
                providers: Providers(own: Tool.current.providers), progress: progress, interruption: interruption)
            await notifying.begin(in: repository)
            return try await command.answer(session)
        }
        let ending =
            command.runsSteps
            ? await Program.run(on: console, work) : await Program.run(on: console, stopping: nil, work)
        do {
            let answer = try ending.result.get()
            answer.write(json: global.isJSON)
            var failures = answer.failures
            if let interruption = answer.interruption {
                failures.append(
                    Failure(interrupted: interruption.message, signal: ending.signal, next: interruption.next))
            }
            for failure in failures { failure.write(json: false, to: console) }
            return failures.worstCode
        } catch is CancellationError where command.follows && !global.isJSON {
            // What follows changes until it is stopped has nothing more to say.
            return 128 + (ending.signal ?? 2)
        } catch {
            let invocations = Invocation(global: global, name: command.environmentName, words: words)
            var failure = Failure(error, invocations: invocations, signal: ending.signal)
            if failure.code == Failure.Code.damaged.rawValue, failure.next == nil, command.environmentName != nil {
                failure.next = invocations.line("doctor")
            }
            if let error = error as? RepositoryError, error.code == .storeNotPrepared {
                failure.next = ([Tool.name, "prepare-store"] + global.words).commandLine
            }
            return say(failure, json: global.isJSON, on: console)
        }
    }

    private static func say(_ failure: Failure, json isJSON: Bool, on console: Console) -> Int32 {
        if isJSON { StandardOutput.write(json: Versioned(failure)) }
        failure.write(json: false, to: console)
        return failure.code
    }

    /// Says what is wrong with the command line; help and the like are no errors.
    private static func refuse(_ error: any Error, _ words: [String], on console: Console) -> Int32 {
        guard RootCommand.exitCode(for: error) != .success else {
            StandardOutput.write(RootCommand.fullMessage(for: error) + "\n")
            return 0
        }
        // What can be chosen from comes one a line.
        let reason = ((error as? UsageError)?.description ?? RootCommand.message(for: error))
            .replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ").withoutPassword
        let failure = Failure(.usage, "usage", reason, next: Invocation.help(words))
        return say(failure, json: words.contains("--json"), on: console)
    }

    /// The error for a first word that is no command.
    private static func unknownCommand(_ words: [String]) -> UsageError? {
        let first = GlobalOptions.command(in: words)
        // The help for a command that is not there would be the help for all.
        let word = first == "help" ? words.drop { $0 != "help" }.dropFirst().first : first
        guard let word, word.utf8.first != UInt8(ascii: "-"), !CommandNames.all.contains(word) else { return nil }
        let near = word.nearest(in: CommandNames.all).map { " Did you mean \($0)?" } ?? ""
        return UsageError(description: "there is no command \(word).\(near)")
    }
}
