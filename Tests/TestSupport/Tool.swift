import Dispatch
package import Foundation

/// A program that a test runs to its end.
package enum Tool: Sendable {
    /// Runs a program on a thread of its own: one of the concurrency pool would be missed by the tests that run beside.
    ///
    /// - Returns: its exit status, and what it printed on standard output and standard error.
    package static func run(
        _ program: URL, _ arguments: [String], variables: [String: String] = [:], folder: URL? = nil
    ) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try runAndWait(program, arguments, variables, folder) })
            }
        }
    }

    private static func runAndWait(
        _ program: URL, _ arguments: [String], _ variables: [String: String], _ folder: URL?
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
