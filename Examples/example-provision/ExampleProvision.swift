import CommandLineProgram

/// The program: one task for the work, signals that stop it, and an exit code that says how it ended.
@main
struct ExampleProvision {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        let console = Console(json: Arguments.logsJSON(words))
        Program.main(on: console, json: Arguments.asksForJSON(words)) {
            let arguments: Arguments
            do throws(UsageError) {
                arguments = try Arguments(words)
            } catch {
                let failure = Failure(.usage, "usage", error.description, next: "example-provision --help")
                failure.write(json: Arguments.asksForJSON(words), to: console)
                return failure.code
            }
            switch arguments.action {
            case .help: StandardOutput.write(Arguments.usage)
            case .version: StandardOutput.write("example-provision \(version)\n")
            default: return await run(arguments)
            }
            return 0
        }
    }

    static let version = "0.1.0"

    private static func run(_ arguments: Arguments) async -> Int32 {
        let console = Console(json: arguments.logsJSON, quiet: arguments.isQuiet, verbose: arguments.isVerbose)
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
