import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// Runs `body` with the resolved path of a new folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appending(path: "persistence-tests-\(LockID.random().text.prefix(12))").path()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// Runs `body` with a file repository in a new folder.
func withFileRepository<Result>(
    lockTimeout: Duration = .seconds(540), _ body: (TestFiles) async throws -> Result
) async throws -> Result {
    try await withTemporaryFolder { folder in try await body(TestFiles(folder, lockTimeout: lockTimeout)) }
}

/// A file repository, with direct access to its files.
struct TestFiles {
    let folder: String
    let repository: FileEnvironmentRepository
    let name: EnvironmentName

    init(_ folder: String, lockTimeout: Duration = .seconds(540)) throws {
        self.folder = folder
        repository = try FileEnvironmentRepository(
            dataFolder: folder + "/data", lockTimeout: lockTimeout, emergencyFolder: folder + "/emergency")
        name = EnvironmentName("my-env")
    }

    var environmentFolder: String { "\(folder)/data/my-env" }
    var state: String { environmentFolder + "/state.json" }
    var lock: String { environmentFolder + "/state.json.lock" }
    var history: String { environmentFolder + "/history.jsonl" }
    var emergency: String { folder + "/emergency" }

    /// Saves `count` times, each time with other outputs and under a new lease.
    func save(_ count: Int = 1) async throws {
        for _ in 0..<count { try await repository.save(Sample.next()) }
    }

    func stored() async throws(RepositoryError) -> StoredEnvironment? { try await repository.load(name) }

    func lease(_ command: CommandName = .provision) async throws -> any EnvironmentLease {
        try await repository.acquireLease(name, for: command, run: CommandRun())
    }

    /// Returns the lines of the log that are not padding.
    func lines() throws -> [String] {
        try String(contentsOfFile: history, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { $0.contains { $0 != " " } }
    }

    /// Replaces the lines of the log, as a person would.
    func setLines(_ lines: [String]) throws { try overwrite(history, lines.map { $0 + "\n" }.joined().utf8) }

    /// Returns the names of the files that only a save in progress has in the environment's folder.
    func temporaryFiles() throws -> [String] { try names(in: environmentFolder).filter { $0.hasSuffix(".tmp") } }
}

func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
func names(in path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

/// Replaces the content of a file, as an editor that truncates it would.
func overwrite(_ path: String, _ bytes: some Sequence<UInt8>) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

func status(_ path: String) throws -> FileStatus? {
    guard let parent = parentPath(of: path) else { return nil }
    return try Folder(parent).status(of: lastComponent(of: path))
}

/// Runs a shell command line, which must succeed.
func shell(_ line: String) async throws {
    try await withTemporaryFolder { folder in
        let end = try await Probe.run(["/bin/sh", "-c", line], output: folder + "/output").end
        guard end == .exited(0) else { throw ShellFailure(line: line, output: try text(folder + "/output")) }
    }
}

struct ShellFailure: Error {
    let line: String
    let output: String
}
