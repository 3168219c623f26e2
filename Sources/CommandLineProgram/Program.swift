public import Commands
import EnvironmentDomain
import OperatingSystem

/// The run of a program, with the signals that stop it.
public enum Program: Sendable {
    /// The version of this package and of its programs.
    public static let version = "0.2.0"

    /// Runs a program and ends this process.
    ///
    /// The program starts only when it has the threads and open files that it needs and can see its processes. Without
    /// them, Swift's concurrency waits forever or traps. Work without concurrency, such as printing help, must be done
    /// before.
    ///
    /// - Parameters:
    ///   - console: The console for errors.
    ///   - json: Whether to write an error also to standard output as JSON.
    ///   - body: The work of the program; its result is the exit code.
    public static func main(
        on console: Console, json: Bool, _ body: @escaping @Sendable () async -> Int32
    ) -> Never {
        prepare()
        func refuse(_ failure: Failure) -> Int32 {
            failure.write(json: json, to: console)
            return failure.code
        }
        do throws(SystemError) {
            try ThisProcess.checkProcesses()
        } catch {
            exit(refuse(.noProcesses(error)), on: console)
        }
        ThisProcess.main(orRefuse: { refuse(Failure(lackOfMeans: $0)) }, body)
    }

    /// Opens closed standard descriptors, makes errors of SIGPIPE and SIGXFSZ, and restores SIGCHLD.
    public static func prepare() { ThisProcess.prepare() }

    /// Returns the words of the command line after the program's name.
    ///
    /// - Throws: ``UsageError`` for a word that is not UTF-8, because repairing the word would change a path or a name.
    public static func arguments() throws(UsageError) -> [String] {
        do {
            return try ThisProcess.arguments()
        } catch {
            throw UsageError(description: "the command line cannot be read: \(error.subject): \(error.reason)")
        }
    }

    /// The result of a program's work.
    public struct Ending<Output: Sendable>: Sendable {
        public let result: Result<Output, any Error>
        /// The first signal that asked the program to stop; `nil` for none.
        public let signal: Int32?
    }

    /// Runs the work with its log and progress on the console.
    ///
    /// The first SIGHUP, SIGINT or SIGTERM stops the work in order, and the second one immediately.
    ///
    /// - Parameter stopping: The message at the first signal; `nil` for none.
    public static func run<Output: Sendable>(
        on console: Console,
        stopping: String? = "stopping: the running step is asked to end; once more to end it at once",
        _ work: @escaping @Sendable (ProgressFeed, Interruption) async throws -> Output
    ) async -> Ending<Output> {
        let feed = ProgressFeed(hasDetails: console.isVerbose) { console.show($0) }
        let interruption = Interruption()
        // Signals are handled before the work starts, so that none can end the work unrecorded.
        let (arrivals, arrived) = AsyncStream.makeStream(of: Int32.self)
        let signals = Signals([Signals.hangUp, Signals.interrupt, Signals.terminate]) { arrived.yield($0) }
        let task = Task {
            try await EnvironmentLog.withHandler({ console.log($0) }) { try await work(feed, interruption) }
        }
        let screen = Task { await console.refresh() }
        async let first = stop(task, interruption, on: arrivals) {
            if let stopping { console.say([stopping]) }
        }
        let result = await task.result
        arrived.finish()
        screen.cancel()
        await screen.value
        let signal = await first
        return withExtendedLifetime(signals) { Ending(result: result, signal: signal) }
    }

    /// Ends this process; the exit code is 74 instead of success when a part of the result could not be written to
    /// standard output.
    ///
    /// - Parameters:
    ///   - code: The exit code. That of an error is kept, because standard error reports the error too.
    ///   - next: The command line that shows the result again.
    public static func exit(_ code: Int32, on console: Console, next: String? = nil) -> Never {
        guard let reason = StandardOutput.lost, [0, Failure.Code.drift.rawValue].contains(code) else {
            ThisProcess.exit(code)
        }
        let failure = Failure(
            .notSaved, "output_lost",
            "The result could not be written to standard output: \(reason). The command itself was carried out.",
            next: next)
        failure.write(json: false, to: console)
        ThisProcess.exit(failure.code)
    }

    private static func stop<Output: Sendable>(
        _ work: Task<Output, any Error>, _ interruption: Interruption, on arrivals: AsyncStream<Int32>,
        _ announce: @Sendable () -> Void
    ) async -> Int32? {
        var first: Int32?
        for await number in arrivals {
            if first == nil {
                first = number
                announce()
                work.cancel()
            } else {
                interruption.killNow()
            }
        }
        return first
    }
}
