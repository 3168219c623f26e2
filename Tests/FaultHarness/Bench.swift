import DocumentStore
import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// The folder of a part, and the programs that it runs.
struct Bench {
    let folder: String
    let isShort: Bool
    let seed: UInt64
    var random: SplitMix64

    init(folder: String, isShort: Bool, seed: UInt64) {
        self.folder = folder
        self.isShort = isShort
        self.seed = seed
        random = SplitMix64(seed)
    }

    /// Returns the same bench in a folder of the part's own.
    func part(_ name: String) -> Bench {
        Bench(folder: "\(folder)/\(name)", isShort: isShort, seed: seed)
    }

    private static let programs =
        parentPath(of: Bundle.main.executablePath ?? CommandLine.arguments[0]) ?? "."
    static let probe = programs + "/persistence-probe"
    static let injector = programs + "/fault-injector"
    static let provision = programs + "/example-provision"

    /// Returns the reason why calls cannot be traced; `nil` for none.
    func injectorFault() async -> String? {
        do {
            return try await withCase { files in
                let (end, output) = try await files.run(files.traced(["/bin/true"]))
                return end == .exited(0) ? nil : "no tracing here (\(output.prefix { $0 != "\n" }))"
            }
        } catch {
            return "\(error)"
        }
    }

    /// Runs `body` with an empty folder for one case, which is removed afterwards.
    func withCase<Result>(_ body: (Case) async throws -> Result) async throws -> Result {
        let path = folder + "/case"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(Case(path))
    }
}

/// A case: one environment in a folder of its own.
struct Case {
    let folder: String
    let repository: FileEnvironmentRepository
    let name: EnvironmentName

    init(_ folder: String, data: String? = nil) throws {
        self.folder = folder
        repository = try FileEnvironmentRepository(
            dataFolder: data ?? folder + "/data", lockTimeout: .seconds(20),
            emergencyFolder: folder + "/emergency/typed-environments/emergency")
        name = EnvironmentName("my-env")
    }

    var data: String { repository.dataFolder.text }
    var root: String { data + "/my-env" }
    var state: String { root + "/state.json" }
    var history: String { root + "/history.jsonl" }
    var output: String { folder + "/output" }
    var trace: String { folder + "/calls.txt" }

    /// Starts a program whose output is appended to a file, which is ``output`` if `number` is `nil`.
    func start(_ command: [String], number: Int? = nil) throws -> Started {
        var variables = [
            "PATH": ThisProcess.variable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder,
            "XDG_STATE_HOME": folder + "/emergency", "TMPDIR": folder,
        ]
        variables["LD_LIBRARY_PATH"] = ThisProcess.variable("LD_LIBRARY_PATH")
        let path = number.map { "\(output)-\($0)" } ?? output
        let file = try OpenFile(path, .appendCreating)
        return Started(
            child: try ChildProcess(.init(command: command, environment: variables), output: file), path: path)
    }

    /// Starts a program several times, each with an empty file for its output.
    func start(_ command: [String], times: Int) throws -> [Started] {
        try (0..<times).map { number in
            try? FileManager.default.removeItem(atPath: "\(output)-\(number)")
            return try start(command, number: number)
        }
    }

    /// Runs a program to its end, and kills it after a time.
    @discardableResult
    func run(_ command: [String], seconds: Double = 60) async throws -> (end: ChildProcess.End, output: String) {
        try? FileManager.default.removeItem(atPath: output)
        let started = try start(command)
        let watch = Task {
            try await Task.sleep(for: .seconds(seconds))
            started.child.killNow()
        }
        let end = await started.child.end()
        watch.cancel()
        return (end, started.output)
    }

    /// Returns the probe's command line.
    func probe(_ what: String, _ count: Int = 1, _ more: String...) -> [String] {
        [Bench.probe, what, data, name.text, "\(count)"] + more
    }

    /// Returns a command line that traces a program, and disturbs the N-th of its calls in the case's folder.
    func traced(_ command: [String], at fault: (number: Int, action: String)? = nil) -> [String] {
        var words = [Bench.injector, "trace", "--under", folder, "--log", trace]
        if let fault { words += ["--at", "\(fault.number)", fault.action] }
        return words + ["--"] + command
    }

    /// Returns the calls of the last traced program.
    func calls() -> [Call] {
        text(trace).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3, let number = Int(words[0]) else { return nil }
            return Call(number: number, name: words[1], subject: words[2].replacingOccurrences(of: folder, with: ""))
        }
    }

    /// Returns the serials that a probe has acknowledged.
    func acknowledged(in output: String) -> [Int] {
        output.split(separator: "\n").compactMap { $0.hasPrefix("serial ") ? Int($0.dropFirst(7)) : nil }
    }

    /// Saves once; `meanwhile` runs when the lease is held and has read the stored state.
    func save(meanwhile: () throws -> Void = {}) async throws -> Int {
        try await repository.withLease(name, for: .save) { lease in
            try meanwhile()
            guard let credentials = Self.credentials else { throw CancellationError() }
            return try await lease.save(
                Environment<Created>(name: name, sshCredentials: credentials).snapshot.erased,
                event: HistoryEvent(
                    command: .save, commandID: .random(), change: .transition(from: .created, to: .created))
            ).serial
        }
    }

    private static var credentials: SSHCredentials? {
        guard let key = try? AbsolutePath("/keys/id") else { return nil }
        return SSHCredentials(username: "deploy", privateKeyPath: key, publicKeyPath: key)
    }

    /// Returns everything that is wrong with the folder after all processes have ended and a lease has cleaned up.
    func faults() async -> [String] {
        var faults: [String] = []
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: root)
            for name in names where name.hasSuffix(".tmp") { faults.append("left over: \(name)") }
            guard case .stored(let stored) = try await repository.standing(of: name) else {
                return faults + ["what is stored is not sure: \(try await repository.standing(of: name))"]
            }
            let history = try await EnvironmentLog.withHandler({ _ in }) { try await repository.history(of: name) }
            faults += history?.flaws.map { "\($0)" } ?? []
            let lines = history?.lines ?? []
            if lines.map(\.serial) != Array(1...max(1, stored.serial)) {
                faults.append("the log has the serials \(lines.map(\.serial))")
            }
            if lines.last != stored.line { faults.append("the log's newest line is not that of what is stored") }
            let checkpoint = LogLine(pretty: bytes(state))
            if checkpoint?.serial != stored.serial {
                faults.append("the checkpoint is of serial \(checkpoint?.serial ?? 0), stored is \(stored.serial)")
            }
        } catch {
            faults.append("\(error)")
        }
        return faults
    }
}

/// An error for a program that the harness needs and that failed.
struct ProgramFailure: Error, CustomStringConvertible {
    let description: String
}

/// A running program.
struct Started {
    let child: ChildProcess
    fileprivate let path: String
    /// The output so far.
    var output: String { text(path) }
}

/// A system call that touched the case's folder.
struct Call {
    let number: Int
    let name: String
    /// The path or both paths, relative to the case's folder.
    let subject: String
}

/// Returns the content of a regular file; empty when there is none.
func bytes(_ path: String) -> [UInt8] {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard attributes?[.type] as? FileAttributeType == .typeRegular else { return [] }
    return (try? Data(contentsOf: URL(fileURLWithPath: path))).map(Array.init) ?? []
}

func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
func copy(_ old: String, to new: String) throws {
    try? FileManager.default.removeItem(atPath: new)
    try FileManager.default.copyItem(atPath: old, toPath: new)
}

extension ChildProcess.End {
    /// The end that the injector reports for a killed program.
    static let killed = ChildProcess.End.exited(128 + Signals.kill)
}

/// A small random number generator with a seed (Steele, Lea and Flood 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
