import Commands
import EnvironmentDomain
import OperatingSystem
import Persistence

/// The program: one task for the work, signals that stop it, and an exit code that says how it ended.
@main
struct ExampleProvision {
    static func main() async {
        StandardStream.openClosed()
        Signals.ignoreBrokenPipes()
        Signals.ignoreFileSizeLimit()
        let words = Array(CommandLine.arguments.dropFirst())
        let arguments: Arguments
        do {
            arguments = try Arguments(words)
        } catch {
            let console = Console(json: Arguments.logsJSON(words), quiet: false, verbose: false)
            let failure = Failure(.usage, "usage", error.description, next: "example-provision --help")
            failure.write(json: Arguments.asksForJSON(words), to: console)
            ThisProcess.exit(failure.code)
        }
        switch arguments.action {
        case .help: StandardStream.output.write(Arguments.usage)
        case .version: StandardStream.output.write("example-provision \(version)\n")
        default: ThisProcess.exit(await run(arguments))
        }
    }

    static let version = "0.1.0"

    private static func run(_ arguments: Arguments) async -> Int32 {
        let console = Console(json: arguments.logsJSON, quiet: arguments.isQuiet, verbose: arguments.isVerbose)
        let feed = ProgressFeed()
        let interruption = Interruption()
        // Signals are heard before the work begins, so that there is no moment at which one ends it unrecorded.
        let (arrivals, arrived) = AsyncStream.makeStream(of: Int32.self)
        let signals = Signals([Signals.hangUp, Signals.interrupt, Signals.terminate]) { arrived.yield($0) }
        let work = Task {
            try await EnvironmentLog.withHandler({ console.log($0) }) {
                try await Session(arguments, progress: feed, interruption: interruption).run()
            }
        }
        async let shown: Void = console.show(feed.events)
        async let first = stop(work, interruption, on: arrivals, console)
        let result = await work.result
        feed.finish()
        arrived.finish()
        await shown
        let signal = await first
        return withExtendedLifetime(signals) {
            switch result {
            case .success(let output):
                output.write(json: arguments.isJSON)
                return 0
            case .failure(let error):
                let failure = Failure(error, arguments: arguments, signal: signal)
                failure.write(json: arguments.isJSON, to: console)
                return failure.code
            }
        }
    }

    /// Stops the work in order on the first signal and at once on further ones.
    ///
    /// - Returns: the first signal; nil when none came.
    private static func stop(
        _ work: Task<Output, any Error>, _ interruption: Interruption, on arrivals: AsyncStream<Int32>,
        _ console: Console
    ) async -> Int32? {
        var first: Int32?
        for await number in arrivals {
            if first == nil {
                first = number
                console.say(["stopping: the running step is asked to end; once more to end it at once"])
                work.cancel()
            } else {
                interruption.killNow()
            }
        }
        return first
    }
}
