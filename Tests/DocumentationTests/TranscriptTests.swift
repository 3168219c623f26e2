import Foundation
import TestSupport
import Testing

@Suite("Transcripts in README")
struct TranscriptTests {
    /// What differs from run to run: times, durations, identifiers and the folder.
    private static func withoutWhatDiffers(_ text: String, folder: String) -> String {
        text.replacingOccurrences(of: folder, with: "/srv/deploy")
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "TIME")
            .replacing(/\d{8}T\d{9}-(\w+)-[0-9a-f]{32}/) { "TRACE-\($0.1)" }
            .replacing(/\d+\.\d+ s/, with: "SECONDS")
            .trimmingCharacters(in: .newlines)
    }

    /// What a line for the shell prints on standard output and standard error together.
    private static func output(_ line: String, in folder: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = folder
        let caller = ProcessInfo.processInfo.environment
        process.environment = caller.merging(
            ["PATH": "\(try Products.folder().path()):\(caller["PATH"] ?? "/usr/bin:/bin")"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    @Test("The commands print what README says, one after the other in one folder")
    func transcripts() throws {
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "transcripts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let blocks = Document.readme.blocks
        let workflow = try #require(blocks.first { $0.language == "json" })
        try Data(workflow.text.utf8).write(to: folder.appending(path: "workflow.json"))

        let transcripts = blocks.filter { $0.command != nil }
        #expect(transcripts.count == 5)
        for transcript in transcripts {
            let printed = try Self.output(transcript.command ?? "", in: folder)
            #expect(
                Self.withoutWhatDiffers(printed, folder: folder.path())
                    == Self.withoutWhatDiffers(transcript.text, folder: folder.path()),
                "\(transcript.testDescription): \(transcript.command ?? "")")
        }
    }
}
