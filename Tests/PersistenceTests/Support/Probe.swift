import EnvironmentDomain
import Foundation
import OperatingSystem

/// The program `persistence-probe`, which is built beside the tests, and other programs of the system.
enum Probe {
    static let path: String = {
        let tests = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return (parentPath(of: tests) ?? ".") + "/persistence-probe"
    }()

    static func start(
        _ command: [String], output: String, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        var variables = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]
        // These variables are for runs with coverage and with sanitizers.
        for name in ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "TSAN_OPTIONS", "ASAN_OPTIONS"] {
            variables[name] = ThisProcess.variable(name)
        }
        variables.merge(environment) { $1 }
        let file = try OpenFile(output, .appendCreating)
        return try ChildProcess(.init(command: command, environment: variables), output: file)
    }

    static func run(
        _ command: [String], output: String, environment: [String: String] = [:]
    ) async throws -> (end: ChildProcess.End, output: String) {
        let child = try start(command, output: output, environment: environment)
        return (await child.end(), try text(output))
    }

    /// Runs the probe with `words`, and returns how it ended and its output.
    static func run(_ words: String..., in files: TestFiles, environment: [String: String] = [:]) async throws
        -> (end: ChildProcess.End, output: String)
    {
        let output = "\(files.folder)/output-\(LockID.random())"
        return try await run(
            [path, words[0], files.folder + "/data", files.name.text] + words.dropFirst(), output: output,
            environment: environment)
    }

    /// Starts a process that takes the lease and keeps it, and waits until it holds the lease.
    static func holder(in files: TestFiles) async throws -> ChildProcess {
        let output = "\(files.folder)/output-\(LockID.random())"
        let child = try start([path, "hold", files.folder + "/data", files.name.text], output: output)
        while try text(output) != "held\n" { try await Task.sleep(for: .milliseconds(5)) }
        return child
    }
}
