import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

/// A temporary folder that is the program's working folder, its home and its data.
final class Sandbox: Sendable {
    let root: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        root = folder.appendingPathComponent("example-provision-\(UUID().uuidString.prefix(13).lowercased())").path
        try FileManager.default.createDirectory(
            atPath: root + "/home", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        if (try? FileManager.default.removeItem(atPath: root)) == nil {
            // FileManager cannot remove a folder whose path is longer than 4,095 bytes, but rm can.
            let removal = try? Process.run(URL(fileURLWithPath: "/bin/rm"), arguments: ["-rf", root])
            removal?.waitUntilExit()
        }
    }

    var data: String { root + "/data" }
    /// The default folder of emergency records.
    var emergency: String { root + "/home/state/typed-environments/emergency" }

    private var variables: [String: String] {
        var variables = [
            "PATH": ThisProcess.variable("PATH") ?? "/usr/bin:/bin", "HOME": root + "/home",
            "XDG_STATE_HOME": root + "/home/state", "PROGRAM": Program.path, "LANG": "C.UTF-8",
            "TMPDIR": root + "/home",
        ]
        // Variables for runs with coverage and with sanitizers.
        for name in ["LLVM_PROFILE_FILE", "TSAN_OPTIONS", "ASAN_OPTIONS"] {
            variables[name] = ThisProcess.variable(name)
        }
        return variables
    }

    // MARK: Running

    /// Starts the program.
    ///
    /// - Parameter shell: The shell commands that run instead of `exec "$@"`, with the program and its arguments as
    ///   `$@`.
    func start(
        _ arguments: [String], variables: [String: String] = [:], folder: String? = nil, shell: String = "exec \"$@\""
    ) throws -> Program {
        let run = "\(root)/home/run-\(UUID().uuidString)"
        let (output, errors) = (run + ".out", run + ".err")
        let request = ChildProcess.Request(
            command: ["/bin/sh", "-c", "exec >\(output) 2>\(errors); umask 022; \(shell)", "sh", Program.path]
                + arguments,
            environment: self.variables.merging(variables) { $1 }, workingFolder: folder ?? root)
        let child = try ChildProcess(request, output: try OpenFile("/dev/null", .read))
        return Program(child: child, outputPath: output, errorsPath: errors)
    }

    /// Runs the program to its end.
    func run(
        _ arguments: String..., variables: [String: String] = [:], folder: String? = nil, shell: String = "exec \"$@\"",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        try await run(
            arguments, variables: variables, folder: folder, shell: shell, sourceLocation: sourceLocation)
    }

    func run(
        _ arguments: [String], variables: [String: String] = [:], folder: String? = nil, shell: String = "exec \"$@\"",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        try await start(arguments, variables: variables, folder: folder, shell: shell)
            .end(sourceLocation: sourceLocation)
    }

    /// Runs a shell command line with the program on the search path.
    func type(_ command: String) async throws -> Outcome {
        try await run([], shell: "ln -sf \"$PROGRAM\" home/example-provision; PATH=\"$PWD/home:$PATH\"; \(command)")
    }

    /// Runs a shell script and returns its output.
    @discardableResult
    func shell(_ script: String) async throws -> String {
        let outcome = try await run([], shell: script)
        guard outcome.code == 0 else {
            throw TimeIsUp(description: "the script \(script) ended with \(outcome.end): \(outcome.errors)")
        }
        return outcome.output
    }

    /// Kills a program in the middle of a step, and the watcher that would end the step 15 s later.
    ///
    /// The step runs on until the test ends it.
    func killLeavingOrphan(_ program: Program) async throws {
        try await shell("until pkill -KILL -P \(program.identifier) -f 'read -r _ <&3'; do sleep 0.01; done")
        program.kill()
        _ = await program.end()
    }

    // MARK: Files

    func path(_ name: String) -> String { "\(root)/\(name)" }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
    func read(_ name: String) -> String? { readText(path(name)) }
    func lines(_ name: String) -> [String] { (read(name) ?? "").split(separator: "\n").map(String.init) }
    /// Returns the lines that are not padding.
    func logLines(_ name: String) -> [String] { lines(name).filter { $0.contains { $0 != " " } } }
    func number(_ name: String) -> Int32? { read(name).flatMap { Int32($0.filter(\.isNumber)) } }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// Writes a workflow file.
    @discardableResult
    func workflow(
        provision: [Step] = [.address], configure: [Step]? = nil, release: [Step]? = nil, run: [Step]? = nil,
        destroy: [Step]? = nil, inherit: [String]? = nil, to name: String = "workflow.json"
    ) throws -> String {
        struct File: Encodable {
            let provision: [Step]
            let configure, release, run, destroy: [Step]?
            let inherit: [String]?
        }
        let file = File(
            provision: provision, configure: configure, release: release, run: run, destroy: destroy, inherit: inherit)
        return try write(String(decoding: JSONEncoder().encode(file), as: UTF8.self), to: name)
    }

    /// Returns the names, kinds, modes, sizes, times of change and link counts of everything in a folder.
    func listing(_ name: String = "data") async throws -> String {
        try await shell("find '\(path(name))' -printf '%p %y %m %s %T@ %C@ %n %i\\n' | sort")
    }

    /// Returns the files and folders that other users can access.
    func openToOthers(_ name: String) async throws -> String {
        try await shell(
            "find '\(path(name))' -ignore_readdir_race ! -type l \\( -perm /077 -o -type f -perm /0100 \\) -printf '%p %m\\n'"
        )
    }

    // MARK: What is stored

    func state(_ environment: String = "my-env") throws -> JSON {
        try JSON(try #require(logLines("data/\(environment)/history.jsonl").last))
    }

    /// Returns the name of the stored state, for example `Configured`.
    func stateName(_ environment: String = "my-env") throws -> String? {
        try state(environment)["environment"].members?.keys.first
    }

    /// Returns the members of the stored environment.
    func body(_ environment: String = "my-env") throws -> JSON {
        try state(environment)["environment"].members?.values.first ?? .null
    }

    func outputs(_ environment: String = "my-env") throws -> [String: String] {
        (try body(environment)["outputs"].members ?? [:]).compactMapValues(\.text)
    }

    func history(_ environment: String = "my-env") throws -> [JSON] {
        try logLines("data/\(environment)/history.jsonl").map(JSON.init)
    }

    /// Returns the events of the history, for example `provision:created>provisioning` and
    /// `provision:create_instance started`.
    func events(_ environment: String = "my-env") throws -> [String] {
        try history(environment).map { line in
            let what =
                line["step"].text.map { "\($0) \(line["event"].text ?? "?")" }
                ?? "\(line["from"].text ?? "null")>\(line["to"].text ?? "?")"
            return "\(line["command"].text ?? "?"):\(what)"
        }
    }

    /// Checks the conditions that must hold for an environment's files after any run.
    func checkStored(_ environment: String = "my-env", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let folder = "data/\(environment)"
        let texts = logLines("\(folder)/history.jsonl")
        let history = try texts.map(JSON.init)
        #expect(
            history.map { $0["serial"].integer } == Array(1...max(1, history.count)), "serials have gaps",
            sourceLocation: sourceLocation)
        var completed: Set<String> = []
        for (index, line) in history.enumerated() {
            let previous = index == 0 ? nil : Checksum(of: Array(texts[index - 1].utf8)).text
            #expect(
                line["previous"].text == previous, "line \(index + 1) is not chained", sourceLocation: sourceLocation)
            for key in ["at", "command", "command_id"] {
                #expect(line[key].text != nil, "line \(index + 1) has no \(key)", sourceLocation: sourceLocation)
            }
            #expect(
                line["at"].text?.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil,
                sourceLocation: sourceLocation)
            #expect((line["from"] == .null && line["to"].text != nil) == (index == 0), sourceLocation: sourceLocation)
            if let step = line["step"].text {
                let name = "\(line["command"].text ?? "")/\(step)"
                if line["event"].text == "completed" { completed.insert(name) }
                #expect(
                    line["event"].text != "started" || !completed.contains(name), "\(name) was run twice",
                    sourceLocation: sourceLocation)
            } else {
                #expect(line["to"].text != nil, "line \(index + 1) says nothing", sourceLocation: sourceLocation)
                // A phase that starts again begins with its first step; a retried phase does not.
                let progress = line["environment"].members?.values.first?["state"]["progress"]
                if line["to"].text?.hasSuffix("ing") == true, progress?["completed"].elements?.isEmpty == true {
                    completed = completed.filter { !$0.hasPrefix("\(line["command"].text ?? "")/") }
                }
            }
        }
        let text = try #require(read("\(folder)/state.json"), sourceLocation: sourceLocation)
        let state = try JSON(text)
        #expect(state["serial"].integer == history.count, sourceLocation: sourceLocation)
        #expect(state == history.last, sourceLocation: sourceLocation)
        for line in texts {
            let comma = try #require(line.utf8.firstIndex(of: UInt8(ascii: ",")), sourceLocation: sourceLocation)
            let rest = Array(line.utf8[line.utf8.index(after: comma)...])
            #expect(try JSON(line)["checksum"].text == Checksum(of: rest).text, sourceLocation: sourceLocation)
        }
        struct Envelope: Decodable { let environment: AnyEnvironmentState }
        let decoded = try JSONDecoder().decode(Envelope.self, from: Data(text.utf8))
        #expect(decoded.environment.name.text == environment, sourceLocation: sourceLocation)
        let rests = try FileManager.default.contentsOfDirectory(atPath: path(folder)).filter { $0.hasSuffix(".tmp") }
        #expect(rests.isEmpty, sourceLocation: sourceLocation)
    }
}

/// A step of a workflow file.
struct Step: Encodable {
    var name: String
    var run: String
    var timeout: Double?
    var retries: Int?
    var delay: Double?
    var repeatable: Bool?
    var inherit: [String]?

    private enum CodingKeys: String, CodingKey {
        case name, run, retries, repeatable, inherit
        case timeout = "timeout_seconds"
        case delay = "retry_delay_seconds"
    }

    init(
        _ name: String, _ run: String, timeout: Double? = nil, retries: Int? = nil, delay: Double? = nil,
        repeatable: Bool? = nil, inherit: [String]? = nil
    ) {
        self.name = name
        self.run = run
        self.timeout = timeout
        self.retries = retries
        self.delay = delay
        self.repeatable = repeatable
        self.inherit = inherit
    }

    /// The minimal step of provisioning.
    static let address = Step("create_instance", "echo instance_address=127.0.0.1 >> \"$OUTPUTS\"")
}
