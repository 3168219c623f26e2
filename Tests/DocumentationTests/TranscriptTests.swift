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
    private static func output(_ line: String, in folder: URL) async throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try await Tool.run(
            URL(filePath: "/bin/sh"), ["-c", line],
            variables: ["PATH": "\(try Products.folder().path()):\(path)"], folder: folder
        ).output
    }

    @Test("The commands print what README says, one after the other in one folder")
    func transcripts() async throws {
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
            let printed = try await Self.output(transcript.command ?? "", in: folder)
            #expect(
                Self.withoutWhatDiffers(printed, folder: folder.path())
                    == Self.withoutWhatDiffers(transcript.text, folder: folder.path()),
                "\(transcript.testDescription): \(transcript.command ?? "")")
        }
    }
}
