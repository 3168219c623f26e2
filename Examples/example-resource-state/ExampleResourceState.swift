import EnvironmentDomain
import JSONText
import OperatingSystem
import Persistence

/// A tool that applies resources: it loads, computes and saves under one lease, and keeps a log of messages for each
/// session.
@main
struct ExampleResourceState {
    static let usage = """
        usage: example-resource-state --state-dir DIR [--lock-timeout SECONDS] [--time-to-live SECONDS] COMMAND

          apply FILE            put in the resources and metadata of a JSON file
          show                  print what there is as JSON
          message SESSION TEXT  add a message to a session
          messages SESSION      print a session's messages, one a line

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
        } catch let error as RepositoryError {
            end(74, error.message)
        } catch let error as SystemError {
            end(74, error.description)
        } catch let error as InvalidStructure {
            end(65, error.reason)
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
            folder: arguments.folder, name: "the resources", documentKey: "state",
            initial: ResourceState(), damagePolicy: .restoreBackup, lockTimeout: arguments.lockTimeout)
        switch (arguments.words.first, arguments.words.count) {
        case ("apply", 2):
            let wanted = try read(arguments.words[1])
            let plan = try await store.update(reason: "apply \(arguments.words[1])") { state in
                state?.apply(wanted)
            }
            try StandardStream.output.print("\(plan ?? ResourceState.Plan())\n")
        case ("show", 1):
            try StandardStream.output.print(text(await store.load()?.document, .pretty))
        case ("message", 3):
            try await messages(arguments).append(Message(at: .now(), text: arguments.words[2]))
        case ("messages", 2):
            for message in try await messages(arguments).read().messages {
                try StandardStream.output.print(text(message, []))
            }
        default:
            throw UsageError()
        }
    }

    /// A message of a session.
    private struct Message: Codable, Sendable {
        let at: Timestamp
        let text: String
    }

    private static func messages(_ arguments: Arguments) throws -> AppendLog<Message> {
        let session = arguments.words[1]
        guard session.count <= 100, session.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil else {
            throw InvalidStructure(reason: "a session's name is letters, digits, - and _: \(session)")
        }
        return AppendLog(
            folder: try AbsolutePath("\(arguments.folder)/messages"), name: "\(session).jsonl",
            timeToLive: arguments.timeToLive, lockTimeout: arguments.lockTimeout)
    }

    private static func read(_ path: String) throws -> ResourceState {
        do {
            return try JSONTextDecoder().decode(ResourceState.self, from: OpenFile(path, .read).read())
        } catch let error as JSONError {
            throw InvalidStructure(reason: "\(path): not JSON: \(error)")
        } catch let error as DecodingError {
            throw InvalidStructure(reason: "\(path): invalid structure: \(error.plainWords())")
        } catch {
            throw InvalidStructure(reason: "\(path): \(error)")
        }
    }

    private static func text(_ value: some Encodable, _ style: JSONStyle) throws -> String {
        let encoder = JSONTextEncoder(style: style.union(.sortedNames))
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    private static func end(_ code: Int32, _ reason: String) -> Never {
        StandardStream.error.write("error: \(reason)\n")
        ThisProcess.exit(code)
    }
}

/// An error for input with an invalid structure.
private struct InvalidStructure: Error {
    let reason: String
}

private struct UsageError: Error {}

/// The arguments of the command line.
private struct Arguments {
    let folder: AbsolutePath
    var lockTimeout = Duration.seconds(30)
    var timeToLive = Duration.seconds(24 * 60 * 60)
    var words: [String] = []

    init(_ words: [String]) throws {
        var rest = words[...]
        var folder: AbsolutePath?
        while let option = rest.first, option.begins(with: "--") {
            guard rest.count > 1 else { throw UsageError() }
            let value = rest[rest.startIndex + 1]
            switch option {
            case "--state-dir": folder = try AbsolutePath(resolving: value)
            case "--lock-timeout": lockTimeout = try Self.seconds(value)
            case "--time-to-live": timeToLive = try Self.seconds(value)
            default: throw UsageError()
            }
            rest = rest.dropFirst(2)
        }
        guard let folder else { throw UsageError() }
        self.folder = folder
        self.words = Array(rest)
    }

    private static func seconds(_ text: String) throws -> Duration {
        guard let number = Double(text), number >= 0, number < 1e9 else { throw UsageError() }
        return .milliseconds(number * 1000)
    }
}
