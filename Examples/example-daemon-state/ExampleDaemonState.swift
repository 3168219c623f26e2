import EnvironmentDomain
import OperatingSystem
import Persistence

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A daemon's state in `state.json`: defaults when there is none, a damaged file kept aside, any number of processes.
@main
struct ExampleDaemonState {
    static let usage = """
        usage: example-daemon-state [--state-dir DIR] COMMAND

          status                    print the state as JSON
          start-session NAME STEPS  begin to monitor a session of so many steps
          complete-step STEP        record a step of it
          pause, resume, stop

        The state is in DIR, else in $EXAMPLE_DAEMON_STATE_DIR, else in the platform's folder for state.

        """

    static func main() async {
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch let refusal as Refusal {
            end(1, refusal.reason)
        } catch let error as RepositoryError {
            end(74, error.message)
        } catch is UsageError {
            StandardStream.error.write(usage)
            ThisProcess.exit(64)
        } catch {
            end(70, "\(error)")
        }
    }

    private static func run(_ words: [String]) async throws {
        var words = words[...]
        var folder = StateFolder.path(of: "example-daemon", override: "EXAMPLE_DAEMON_STATE_DIR")
        if words.first == "--state-dir" {
            guard words.count > 1 else { throw UsageError() }
            folder = absolutePath(words[1])
            words = words.dropFirst(2)
        }
        guard let folder else { throw Refusal("neither --state-dir nor HOME says where the state is") }
        let store = JSONDocumentStore(
            folder: try AbsolutePath(folder), name: "the daemon", initial: DaemonState(), damagePolicy: .setAside)
        let change = try change(for: Array(words))
        // Also what only looks makes the file when it is missing, and sets a damaged one aside.
        try await store.update { state in
            guard var next = state, let change else { return }
            try change(&next)
            guard next != state else { return }
            next.stats.savesCount += 1
            state = next
        }
        if change == nil {
            StandardStream.output.write(try await store.withSharedAccess { try text($0?.document) })
        } else {
            EnvironmentLog.log(
                LogRecord(level: .info, message: "State persisted", fields: ["path": "\(folder)/state.json"]))
        }
    }

    /// What a command line asks for; nil for a look.
    private static func change(for words: [String]) throws -> ((inout DaemonState) throws -> Void)? {
        switch (words.first, words.count) {
        case ("status", 1): return nil
        case ("start-session", 3):
            guard let steps = Int(words[2]), steps > 0 else { throw UsageError() }
            return { try $0.startSession(words[1], steps: steps) }
        case ("complete-step", 2): return { try $0.completeStep(words[1]) }
        case ("pause", 1): return { try $0.pause() }
        case ("resume", 1): return { try $0.resume(at: .now()) }
        case ("stop", 1): return { $0.stop() }
        default: throw UsageError()
        }
    }

    private static func text(_ state: DaemonState?) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(state), as: UTF8.self) + "\n"
    }

    private static func end(_ code: Int32, _ reason: String) -> Never {
        StandardStream.error.write("error: \(reason)\n")
        ThisProcess.exit(code)
    }
}

private struct UsageError: Error {}
