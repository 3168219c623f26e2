package import Foundation
import OperatingSystem

/// A program that a test runs to its end.
package enum Tool: Sendable {
    /// Runs a program, with this process's environment and `variables`, and blocks no thread meanwhile.
    ///
    /// - Returns: its exit status, 128 and the number of a signal that ended it, and what it printed on standard output
    ///   and standard error.
    package static func run(
        _ program: URL, _ arguments: [String], variables: [String: String] = [:], folder: URL? = nil
    ) async throws -> (status: Int32, output: String) {
        let output = FileManager.default.temporaryDirectory.appending(path: "tool-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let request = ChildProcess.Request(
            // A child process has a umask of 077; the shell of a reader has this one.
            command: ["/bin/sh", "-c", "umask 022; exec \"$@\"", "sh", program.path()] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(variables) { $1 }, workingFolder: folder?.path())
        let end = try await ChildProcess(request, output: OpenFile(output.path(), .appendCreating)).end()
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        return switch end {
        case .exited(let status): (status, text)
        case .signalled(let number): (128 + number, text)
        }
    }
}
