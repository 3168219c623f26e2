import Foundation
import TestSupport
import Testing

@Suite("Transcripts in the documents", .slow)
struct TranscriptTests {
    /// What differs from run to run: times, durations, identifiers and the folder.
    private static func withoutWhatDiffers(_ text: String, folder: String) -> String {
        // First, since Swift takes the two for one character, in which no newline is found.
        text.replacing("\r\n", with: "\n").replacingOccurrences(of: folder, with: "/srv/deploy")
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "TIME")
            .replacing(/\d{8}T\d{9}-(\w+)-[0-9a-f]{32}/) { "TRACE-\($0.1)" }
            .replacing(/\d+\.\d+ m?s/, with: "SECONDS")
            .replacing(/[0-9a-f]{32}/, with: "ID")
            .replacing(/holder="process [^"]*"/, with: "HOLDER")
            // The program of a killed run may take a moment to end.
            .replacing(/TIME INFO waiting for what an earlier step started [^\n]*\n/, with: "")
            // What a shell says of a killed job, when it notices in time.
            .replacing("\nKilled\n", with: "\n")
            .trimmingCharacters(in: .newlines)
    }

    /// The lines without what differs.
    private static func lines(_ text: String, folder: String) -> [Substring] {
        withoutWhatDiffers(text, folder: folder).split(separator: "\n")
    }

    /// The commands of a block and what they print: the one in the comment above it, or the lines of a `console` that begin
    /// with `$`.
    private static func transcripts(_ block: Block) -> [(command: String, text: String)] {
        if let command = block.command { return [(command, block.text)] }
        guard block.language == "console" else { return [] }
        return ("\n" + block.text).components(separatedBy: "\n$ ").dropFirst().map { part in
            let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (lines[0], lines.dropFirst().first ?? "")
        }
    }

    /// What a line for the shell prints on standard output and standard error together.
    ///
    /// - Parameter programs: a folder with the document's own programs, which are run in a terminal, so that what they
    ///   print comes in its order; `nil` for none.
    private static func output(_ line: String, in folder: URL, programs: URL?) async throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let folders = [programs?.path(), try Products.folder().path(), path].compactMap(\.self)
        return try await Tool.run(
            URL(filePath: "/bin/sh"),
            ["-c", programs == nil ? line : "exec script -qec \"$0\" /dev/null </dev/null", line],
            variables: ["PATH": folders.joined(separator: ":"), "SHELL": "/bin/sh"], folder: folder
        ).output
    }

    @Test(
        "The commands print what is shown there, one after the other in one folder",
        arguments: [(Document.readme, 1), (.firstTool, 11), (.shellSteps, 3), (.programs, 18)])
    func transcripts(_ document: Document, _ count: Int) async throws {
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "transcripts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let blocks = document.blocks
        // The guide's commands make their files themselves.
        if let workflow = blocks.first(where: { $0.language == "json" }) {
            try Data(workflow.text.utf8).write(to: folder.appending(path: "workflow.json"))
        }

        var programs: URL?
        if blocks.contains(where: { $0.program != nil }) {
            programs = folder.appending(path: ".programs")
            try FileManager.default.createDirectory(at: programs ?? folder, withIntermediateDirectories: true)
        }
        #expect(blocks.flatMap(Self.transcripts).count == count)
        for block in blocks {
            if let programs, let name = block.program {
                let program = programs.appending(path: name)
                #expect(try await FixtureCompiler().link(text: block.text, to: program) == "")
            }
            for (command, text) in Self.transcripts(block) {
                let printed = try await Self.output(command, in: folder, programs: programs)
                #expect(
                    Self.lines(printed, folder: folder.path()) == Self.lines(text, folder: folder.path()),
                    "\(document.path): \(command)")
            }
        }
    }
}
