import CommandLineProgram

/// The program, with one task for the work, signals that stop it, and an exit code for the result.
@main
struct ExampleProvision {
    static func main() {
        Program.prepare()
        var words: [String] = []
        let arguments: Arguments
        do {
            words = try Program.arguments()
            arguments = try Arguments(words)
        } catch {
            let console = Console(json: Console.logsJSON(words))
            let failure = Failure(.usage, "usage", error.description, next: "example-provision --help")
            failure.write(json: Arguments.asksForJSON(words), to: console)
            Program.exit(failure.code, on: console)
        }
        let console = Console(json: arguments.logsJSON, quiet: arguments.isQuiet, verbose: arguments.isVerbose)
        switch arguments.action {
        case .help: StandardOutput.write(Arguments.usage)
        case .version: StandardOutput.write("example-provision \(Program.version)\n")
        default:
            Program.main(on: console, json: arguments.isJSON) {
                Program.exit(await run(arguments, on: console), on: console, next: arguments.look())
            }
        }
        Program.exit(0, on: console)
    }

    private static func run(_ arguments: Arguments, on console: Console) async -> Int32 {
        let ending = await Program.run(on: console) { progress, interruption in
            try await Session(arguments, progress: progress, interruption: interruption).run()
        }
        switch ending.result {
        case .success(let report):
            if arguments.isJSON {
                StandardOutput.write(json: report)
            } else {
                StandardOutput.write(report.lines)
            }
            return report.exitCode
        case .failure(let error):
            let failure = Failure(error, invocations: arguments, signal: ending.signal)
            failure.write(json: arguments.isJSON, to: console)
            return failure.code
        }
    }
}
