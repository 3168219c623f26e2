import EnvironmentDomain
import JSONText
import OperatingSystem
import Persistence

/// A program that keeps a daemon's state in `state.json`.
///
/// A missing file means defaults, a damaged one is quarantined, and any number of processes can use it.
@main
struct ExampleDaemonState {
    static let usage = """
        usage: example-daemon-state [--state-dir DIR] [--lock-timeout SECONDS] COMMAND

          status                    print the state as JSON
          start-session NAME STEPS  begin to monitor a session of so many steps
          complete-step STEP        record a step of it
          pause, resume, stop
          serve                     carry out such commands from standard input, one a line, and say at the
                                    end how many saves there were, how they ended and how long they took

        The state is in DIR, else in $EXAMPLE_DAEMON_STATE_DIR, else in the platform's folder for state.

        """

    static func main() {
        ThisProcess.main(orRefuse: { end(74, "the system grants too few threads or files: \($0)") }) {
            await work()
            return 0
        }
    }

    private static func work() async {
        do {
            try ThisProcess.checkProcesses()
            try await run(Arguments(ThisProcess.arguments()))
        } catch let refusal as Refusal {
            end(1, refusal.reason)
        } catch let error as RepositoryError {
            end(74, error.message)
        } catch let error as SystemError {
            end(74, error.description)
        } catch let error as InvalidValue {
            end(64, error.description)
        } catch is UsageError {
            StandardStream.error.write(usage)
            ThisProcess.exit(64)
        } catch {
            end(70, "\(error)")
        }
    }

    private static func run(_ arguments: Arguments) async throws {
        let store = JSONDocumentStore(
            folder: arguments.folder, name: "the daemon", initial: DaemonState(),
            damagePolicy: .setAside, lockTimeout: arguments.lockTimeout)
        guard arguments.words == ["serve"] else { return try await carryOut(arguments.words, in: store) }
        while let line = readLine() {
            do {
                try await carryOut(line.parts(at: " "), in: store)
            } catch let refusal as Refusal {
                complain(refusal.reason)
            } catch let error as RepositoryError {
                complain(error.message)
            } catch is UsageError {
                complain("unknown command: \(line)")
            }
        }
        try StandardStream.output.print("\(store.metrics.summary)\n")
    }

    private static func carryOut(_ words: [String], in store: JSONDocumentStore<DaemonState>) async throws {
        let change = try change(for: words)
        let saves = store.metrics.summary.successes
        // Even a read-only command creates a missing file, and quarantines a damaged one.
        try await store.update { state in
            guard var next = state, let change else { return }
            try change(&next)
            guard next != state else { return }
            next.stats.savesCount += 1
            state = next
        }
        if store.metrics.summary.successes > saves {
            EnvironmentLog.log(
                LogRecord(level: .info, message: "State persisted", fields: ["path": "\(store.folder)/state.json"]))
        }
        if change == nil {
            try StandardStream.output.print(await store.withSharedAccess { try text($0?.document) })
        }
    }

    /// Returns the change that a command asks for; `nil` for a read-only command.
    private static func change(for words: [String]) throws -> ((inout DaemonState) throws -> Void)? {
        switch (words.first, words.count) {
        case ("status", 1): return nil
        case ("start-session", 3):
            guard let steps = Int(words[2]), steps > 0 else { throw UsageError() }
            return { try $0.startSession(words[1], steps: steps) }
        case ("complete-step", 2): return { try $0.completeStep(DaemonState.Step(words[1])) }
        case ("pause", 1): return { try $0.pause() }
        case ("resume", 1): return { try $0.resume(at: .now()) }
        case ("stop", 1): return { $0.stop() }
        default: throw UsageError()
        }
    }

    private static func text(_ state: DaemonState?) throws -> String {
        let encoder = JSONTextEncoder(style: [.pretty, .sortedNames])
        return String(decoding: try encoder.encode(state), as: UTF8.self) + "\n"
    }

    private static func complain(_ reason: String) { StandardStream.error.write("error: \(reason)\n") }

    private static func end(_ code: Int32, _ reason: String) -> Never {
        complain(reason)
        ThisProcess.exit(code)
    }
}

private struct UsageError: Error {}

/// The arguments of the command line.
private struct Arguments {
    let folder: AbsolutePath
    private(set) var lockTimeout = Duration.seconds(10)
    let words: [String]

    init(_ words: some Collection<String>) throws {
        var rest = words[...]
        var named: String?
        while let option = rest.first, option.begins(with: "--") {
            guard let value = rest.dropFirst().first else { throw UsageError() }
            switch option {
            case "--state-dir": named = value
            case "--lock-timeout":
                guard let seconds = Double(value), seconds >= 0, seconds < 1e9 else { throw UsageError() }
                lockTimeout = .milliseconds(seconds * 1000)
            default: throw UsageError()
            }
            rest = rest.dropFirst(2)
        }
        let path = named ?? StateFolder.path(of: "example-daemon", override: "EXAMPLE_DAEMON_STATE_DIR")
        guard let path else { throw Refusal("neither --state-dir nor HOME says where the state is") }
        folder = try AbsolutePath(resolving: path)
        self.words = Array(rest)
    }
}
