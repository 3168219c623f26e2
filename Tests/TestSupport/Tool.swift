package import Foundation
import OperatingSystem

/// The execution of programs by tests.
package enum Tool: Sendable {
    /// Runs a program to its end with this process's environment and `variables`, without blocking a thread.
    ///
    /// - Returns: The exit status, or 128 and the number of the signal that ended the program, and its output on both
    ///   streams.
    package static func run(
        _ program: URL, _ arguments: [String], variables: [String: String] = [:], folder: URL? = nil
    ) async throws -> (status: Int32, output: String) {
        let output = FileManager.default.temporaryDirectory.appending(path: "tool-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        let request = ChildProcess.Request(
            // A `ChildProcess` has a umask of 077, but the shell of a reader has 022.
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
