import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// A temporary folder that is one test's whole world: the program's working folder, its home and its data.
final class Sandbox: Sendable {
    let root: String
    /// The connection string of the database that keeps the environments; nil for files.
    private let store: String?

    /// The name of the program under test.
    private let tool: String

    init(store: String? = nil, program: String = "envctl") throws {
        self.store = store
        tool = program
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        root = folder.appending(path: "envctl-\(UUID().uuidString.prefix(13).lowercased())").path()
        try FileManager.default.createDirectory(
            atPath: root + "/home", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// The built program, beside the test bundle.
    static let program = built("envctl")

    private static func built(_ name: String) -> String {
        let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
        let tests = bundle ?? CommandLine.arguments[0]
        return URL(filePath: tests).deletingLastPathComponent().appending(path: name).path()
    }

    var program: String { Self.built(tool) }

    var variables: [String: String] {
        [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": root + "/home",
            "XDG_STATE_HOME": root + "/home/state", "LANG": "C.UTF-8", "TMPDIR": root + "/home",
            "PROGRAM": program, "TYPED_ENVIRONMENTS_STORE": store ?? "",
        ]
    }

    // MARK: Running

    func start(_ arguments: [String], shell: String = "exec \"$@\"") throws -> Program {
        try Program([program] + arguments, shell: shell, variables: variables, folder: root)
    }

    func run(_ arguments: String..., shell: String = "exec \"$@\"") async throws -> Outcome {
        try await start(arguments, shell: shell).end()
    }

    func run(_ arguments: [String]) async throws -> Outcome { try await start(arguments).end() }

    /// Runs the program, which must end with 0.
    @discardableResult
    func succeed(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> Outcome {
        let outcome = try await start(arguments).end()
        #expect(outcome.code == 0, "\(arguments): \(outcome)", sourceLocation: sourceLocation)
        return outcome
    }

    @discardableResult
    func succeed(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws -> Outcome {
        let outcome = try await start(arguments).end()
        #expect(outcome.code == 0, "\(arguments): \(outcome)", sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs a shell script and returns what it printed.
    @discardableResult
    func shell(_ script: String) async throws -> String {
        let outcome = try await start([], shell: script).end()
        guard outcome.code == 0 else { throw InVain("the script \(script) ended with \(outcome)") }
        return outcome.output
    }

    /// A shell's words to begin a program with that outlives the script: Foundation's Process takes a program for
    /// running as long as a descendant has its descriptors, so that this one gets none but the first three.
    static let detached = """
        bash -c 'for file in /proc/$$/fd/*; do number=${file##*/}; \
        if [ "$number" -gt 2 ]; then eval "exec $number>&-"; fi; done; exec "$@"' bash
        """

    // MARK: Files

    func path(_ name: String) -> String { "\(root)/\(name)" }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
    func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
    }
    func lines(_ name: String) -> [String] { (read(name) ?? "").split(separator: "\n").map(String.init) }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
        return path(name)
    }

    /// Writes a workflow file whose commands have these scripts as steps, named after their command.
    @discardableResult
    func workflow(_ scripts: [String: [String]], repeatable: Bool = true, to name: String = "workflow.json") throws
        -> String
    {
        var phases = scripts.mapValues { scripts in
            JSONValue.array(
                scripts.enumerated().map { index, script in
                    .object([
                        "name": .string("step_\(index + 1)"), "run": .string(script), "repeatable": .bool(repeatable),
                    ])
                })
        }
        if phases["provision"] == nil {
            phases["provision"] = .array([
                .object(["name": .string("make"), "run": .string("echo instance_address=10.0.0.7 >> \"$OUTPUTS\"")])
            ])
        }
        return try write(JSONValue.object(JSONObject(phases.map { ($0, $1) })).jsonText(), to: name)
    }

    /// Names, modes, sizes and times of everything in a folder.
    func listing(_ name: String = "data") async throws -> String {
        try await shell("find '\(path(name))' -printf '%p %y %m %s %T@ %C@ %i\\n' | sort")
    }

    func state(_ name: String = "web") async throws -> String? {
        try await succeed("show", name, "--json").json()["state"]?.string
    }
}

/// The program under test, running, with its output in two files.
struct Program: Sendable {
    private let process: Process
    private let ended: Task<Int32, Never>
    private let outputPath: String
    private let errorsPath: String

    init(_ arguments: [String], shell: String, variables: [String: String], folder: String) throws {
        let run = "\(folder)/home/run-\(UUID().uuidString)"
        (outputPath, errorsPath) = (run + ".out", run + ".err")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            ["-c", "exec >\(outputPath) 2>\(errorsPath); umask 022; \(shell)", "sh"] + arguments
        process.environment = variables
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = FileHandle.nullDevice
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            let code = process.terminationStatus
            end.yield(process.terminationReason == .exit ? code : 128 + code)
            end.finish()
        }
        try process.run()
        self.process = process
        ended = Task {
            for await code in ends { return code }; return -1
        }
    }

    var identifier: Int32 { process.processIdentifier }
    var output: String { Self.text(outputPath) }
    var errors: String { Self.text(errorsPath) }

    func signal(_ number: Int32) { kill(identifier, number) }

    /// Waits for the end; a program that hangs is killed, and the test has failed then.
    func end() async throws -> Outcome {
        let watchdog = Task {
            try await Task.sleep(for: hangGuard)
            Issue.record("the program hangs\n\(errors)")
            signal(SIGKILL)
        }
        let code = await ended.value
        watchdog.cancel()
        return Outcome(code: code, output: output, errors: errors)
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// How a run of the program ended.
struct Outcome: Sendable, CustomStringConvertible {
    /// The exit code; 128 and its number when a signal ended it.
    let code: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    /// The last line on standard error.
    var lastWord: String { errors.split(separator: "\n").last.map(String.init) ?? "" }

    /// Standard output as exactly one JSON object on one line.
    func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue {
        #expect(output.hasSuffix("\n"), "\(self)", sourceLocation: sourceLocation)
        #expect(output.filter { $0 == "\n" }.count == 1, "\(self)", sourceLocation: sourceLocation)
        let json = try JSONValue(parsing: Array(output.utf8))
        #expect(json.object != nil, "\(self)", sourceLocation: sourceLocation)
        return json
    }

    var description: String { "\(code)\n--- output\n\(output)\n--- errors\n\(errors)" }
}

struct InVain: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The time after which a test takes something for hanging; it says nothing about how fast anything is.
let hangGuard = Duration.seconds(540)

/// Polls until the condition holds.
func wait(for what: String, until condition: () async throws -> Bool) async throws {
    let start = ContinuousClock.now
    while try await !condition() {
        guard ContinuousClock.now - start < hangGuard else { throw InVain("waited in vain for \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

extension JSONValue {
    var elements: [JSONValue] { array ?? [] }
    func jsonText() throws -> String { String(decoding: try text(.sortedNames), as: UTF8.self) }
    var integer: Int64? { number?.integer(as: Int64.self) }
}
