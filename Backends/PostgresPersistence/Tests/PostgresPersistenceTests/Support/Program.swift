import Dispatch
import Foundation
import Synchronization

/// A program that a test starts.
enum Program {
    /// Where a program is; nil when it is not installed.
    static func find(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (serverFolders + folders + ["/usr/sbin", "/sbin"]).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Debian keeps the server's programs out of the path, a folder for each version.
    private static let serverFolders: [String] = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
    }()

    /// Runs a program to its end, on a thread of its own: a blocked one of the concurrency pool would be missed.
    @discardableResult
    static func run(
        _ words: [String], variables: [String: String] = [:], input: String? = nil
    ) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try runAndWait(words, variables, input) })
            }
        }
    }

    /// Runs a program that must succeed, and gives back what it printed.
    @discardableResult
    static func check(_ words: [String], variables: [String: String] = [:]) async throws -> String {
        let (status, output) = try await run(words, variables: variables)
        guard status == 0 else {
            throw Failed(description: "\(words.joined(separator: " ")) ended with \(status): \(output)")
        }
        return output
    }

    /// Runs a program that leaves a server behind, which must inherit nothing: it would keep Foundation waiting.
    static func detach(_ words: [String], output: String) async throws {
        let (status, _) = try await run(closing("\"$@\" >\"$0\" 2>&1 </dev/null", output) + words)
        guard status == 0 else {
            let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            throw Failed(description: "\(words.joined(separator: " ")) ended with \(status): \(text)")
        }
    }

    /// Words before a program that lives long, so that it inherits its standard streams only: of another program that
    /// Foundation starts at the same time it would keep what says that that one has ended.
    static let closing = closing("exec \"$@\"", "bash")

    private static func closing(_ command: String, _ name: String) -> [String] {
        let script = """
            for path in /proc/self/fd/*; do
                number=${path##*/}
                [ "$number" -le 2 ] || eval "exec $number>&-"
            done
            \(command)
            """
        return ["bash", "-c", script, name]
    }

    private static func runAndWait(
        _ words: [String], _ variables: [String: String], _ input: String?
    ) throws -> (status: Int32, output: String) {
        let process = try start(words, variables)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        let stdin = input.map { _ in Pipe() }
        if let stdin { process.standardInput = stdin }
        try process.run()
        if let stdin, let input {
            stdin.fileHandleForWriting.write(Data(input.utf8))
            try stdin.fileHandleForWriting.close()
        }
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// A process that is not running yet.
    static func start(_ words: [String], _ variables: [String: String] = [:]) throws -> Process {
        guard let name = words.first, let path = name.hasPrefix("/") ? name : find(name) else {
            throw Failed(description: "\(words.first ?? "nothing") is not installed")
        }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = Array(words.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// A program of this package, built beside the tests.
    static func built(_ name: String) throws -> String {
        let places = [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0) }
        for place in places {
            var folder = place.standardizedFileURL.resolvingSymlinksInPath()
            while folder.pathComponents.count > 1 {
                let program = folder.appending(path: name)
                if FileManager.default.isExecutableFile(atPath: program.path()), !program.hasDirectoryPath {
                    return program.path()
                }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw Failed(description: "\(name) is not beside \(places.map { $0.path() })")
    }
}
