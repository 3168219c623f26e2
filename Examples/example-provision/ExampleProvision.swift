import Commands
import EnvironmentDomain
import OperatingSystem
import Persistence
import Synchronization

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
        let received = Mutex<Int32?>(nil)
        // The work begins when signals are heard, so that there is no moment at which one ends the program unrecorded.
        let (begin, beginning) = AsyncStream.makeStream(of: Never.self)
        let work = Task {
            for await _ in begin {}
            return try await EnvironmentLog.withHandler({ console.log($0) }) {
                try await Session(arguments, progress: feed, interruption: interruption).run()
            }
        }
        let signals = Signals([Signals.hangUp, Signals.interrupt, Signals.terminate]) { number in
            let isFirst = received.withLock { received in
                defer { received = received ?? number }
                return received == nil
            }
            if isFirst {
                console.say(["stopping: the running step is asked to end; once more to end it at once"])
                work.cancel()
            } else {
                interruption.killNow()
            }
        }
        beginning.finish()
        async let shown: Void = console.show(feed.events)
        let result = await work.result
        feed.finish()
        await shown
        return withExtendedLifetime(signals) {
            switch result {
            case .success(let output):
                output.write(json: arguments.isJSON)
                return 0
            case .failure(let error):
                let failure = Failure(error, arguments: arguments, signal: received.withLock(\.self))
                failure.write(json: arguments.isJSON, to: console)
                return failure.code
            }
        }
    }
}
