import Foundation

/// A program that a test has started, with its output in files.
final class RunningProgram: Sendable {
    private let process: Process
    private let ended: AsyncStream<Int32>
    private let folder: URL

    /// Starts a program that was built beside this test.
    init(_ name: String, _ arguments: [String], in folder: String) throws {
        self.folder = URL(filePath: folder)
        process = Process()
        process.executableURL = try Self.products().appending(path: name)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.file("output", in: self.folder)
        process.standardError = try Self.file("errors", in: self.folder)
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        ended = stream
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    func terminate() { process.terminate() }

    /// Waits for the end; the exit status, what was written to standard output and what to standard error.
    func end() async throws -> (status: Int32?, output: String, errors: String) {
        var status: Int32?
        for await code in ended { status = code }
        return (status, try text("output"), try text("errors"))
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    private static func file(_ name: String, in folder: URL) throws -> FileHandle {
        let file = folder.appending(path: name)
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    private static func products() throws -> URL {
        let programs = [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0) }
        for program in programs {
            var folder = program.standardizedFileURL.resolvingSymlinksInPath()
            while folder.path() != "/" {
                folder = folder.deletingLastPathComponent()
                let product = folder.appending(path: "deploy-service").path()
                if FileManager.default.isExecutableFile(atPath: product) { return folder }
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}
