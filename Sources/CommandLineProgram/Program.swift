public import Commands
import EnvironmentDomain
import OperatingSystem

/// A program's one piece of work, and the signals that stop it.
public enum Program: Sendable {
    /// The version of this package and of its programs.
    public static let version = "0.2.0"

    /// Runs a program and ends this process.
    ///
    /// The program begins only when the system grants it threads and open files and shows its processes: without them
    /// Swift's concurrency waits for ever or traps. What needs no concurrency, such as a program's help, is done before.
    ///
    /// - Parameters:
    ///   - console: where a refusal is shown.
    ///   - json: whether a refusal is also written to standard output as JSON.
    ///   - body: does the work; its result is the exit code.
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

    /// Makes standard descriptors that are closed and readers that are gone harmless, and children heard of.
    public static func prepare() { ThisProcess.prepare() }

    /// The words of the command line behind the program's name.
    ///
    /// - Throws: ``UsageError`` for a word that is not UTF-8, since a path or a name would otherwise become another.
    public static func arguments() throws(UsageError) -> [String] {
        do {
            return try ThisProcess.arguments()
        } catch {
            throw UsageError(description: "the command line cannot be read: \(error.subject): \(error.reason)")
        }
    }

    /// How the work ended.
    public struct Ending<Output: Sendable>: Sendable {
        public let result: Result<Output, any Error>
        /// The first signal that asked it to stop; nil when none came.
        public let signal: Int32?
    }

    /// Does the work with its log and progress on the console.
    ///
    /// The first SIGHUP, SIGINT or SIGTERM stops it in order, a further one at once.
    ///
    /// - Parameter stopping: what is said at the first signal; nil for nothing.
    public static func run<Output: Sendable>(
        on console: Console,
        stopping: String? = "stopping: the running step is asked to end; once more to end it at once",
        _ work: @escaping @Sendable (ProgressFeed, Interruption) async throws -> Output
    ) async -> Ending<Output> {
        let feed = ProgressFeed(hasDetails: console.isVerbose) { console.show($0) }
        let interruption = Interruption()
        // Signals are heard before the work begins, so that there is no moment at which one ends it unrecorded.
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

    /// Ends this process, with 74 instead of success when a part of the result could not be written to standard output.
    ///
    /// - Parameters:
    ///   - code: the exit code; that of an error stays, since standard error says the error too.
    ///   - next: the command line that shows the result again.
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
