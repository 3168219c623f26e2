import Foundation
import OperatingSystem
import TestSupport
import Testing

/// A folder for one test, and the programs that run in it.
final class Sandbox: Sendable {
    let root: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        root = folder.appending(path: "example-state-\(UUID().uuidString.prefix(13).lowercased())").path()
        try FileManager.default.createDirectory(atPath: root + "/home", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Runs a program to its end.
    func run(
        _ program: String, _ words: [String], variables: [String: String] = [:], input: String = "/dev/null"
    ) async throws -> Outcome {
        let path = "\(root)/home/run-\(UUID().uuidString)"
        var all = ["PATH": "/usr/bin:/bin", "HOME": root + "/home"].merging(variables) { $1 }
        // Variables for runs with coverage and with sanitizers.
        for name in ["LLVM_PROFILE_FILE", "TSAN_OPTIONS", "ASAN_OPTIONS"] { all[name] = ThisProcess.variable(name) }
        let command = try Products.folder().appending(path: program).path()
        let child = try ChildProcess(
            .init(
                command: ["/bin/sh", "-c", "exec <\(input) >\(path).out 2>\(path).err; exec \"$@\"", "sh", command]
                    + words,
                environment: all, workingFolder: root),
            output: try OpenFile("/dev/null", .read))
        return Outcome(
            end: await child.end(), output: read("home/" + (path as NSString).lastPathComponent + ".out") ?? "",
            errors: read("home/" + (path as NSString).lastPathComponent + ".err") ?? "")
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Replaces the content of a file.
    func write(_ name: String, _ text: String) throws {
        let file = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
    }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path(name))[.posixPermissions] as? Int
    }
}

/// The outcome of a run of a program.
struct Outcome: CustomTestStringConvertible {
    let end: ChildProcess.End
    let output: String
    let errors: String

    /// The exit code; `nil` when a signal ended the program.
    var code: Int32? {
        guard case .exited(let code) = end else { return nil }
        return code
    }

    var testDescription: String { "\(end)\n\(output)\n\(errors)" }
}
