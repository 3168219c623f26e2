import Foundation
import TestSupport
import Testing

@Suite("Transcripts in the documents", .slow)
struct TranscriptTests {
    /// Returns a text without the parts that differ between runs: times, durations, identifiers and the folder.
    private static func withoutWhatDiffers(_ text: String, folder: String) -> String {
        // This comes first, because Swift treats `\r\n` as one character, in which a search for a newline fails.
        text.replacing("\r\n", with: "\n").replacingOccurrences(of: folder, with: "/srv/deploy")
            .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "TIME")
            .replacing(/\d{8}T\d{9}-(\w+)-[0-9a-f]{32}/) { "TRACE-\($0.1)" }
            .replacing(/\d+\.\d+ m?s/, with: "SECONDS")
            .replacing(/[0-9a-f]{32}/, with: "ID")
            .replacing(/holder="process [^"]*"/, with: "HOLDER")
            // The program of a killed run may end a moment later.
            .replacing(/TIME INFO waiting for what an earlier step started [^\n]*\n/, with: "")
            // The shell's message about a killed job, which it prints when it notices in time.
            .replacing("\nKilled\n", with: "\n")
            .trimmingCharacters(in: .newlines)
    }

    /// Returns the lines without the parts that differ.
    private static func lines(_ text: String, folder: String) -> [Substring] {
        withoutWhatDiffers(text, folder: folder).split(separator: "\n")
    }

    /// Returns the commands of a block with their output: the command in the comment above it, or the lines of a
    /// `console` block that begin with `$`.
    private static func transcripts(_ block: Block) -> [(command: String, text: String)] {
        if let command = block.command { return [(command, block.text)] }
        guard block.language == "console" else { return [] }
        return ("\n" + block.text).components(separatedBy: "\n$ ").dropFirst().map { part in
            let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (lines[0], lines.dropFirst().first ?? "")
        }
    }

    /// Returns the standard output and the standard error of a shell command line, in the order of writing.
    ///
    /// - Parameter programs: A folder with the document's own programs, which run in a terminal so that their output
    ///   keeps its order; `nil` for none.
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
        "The commands print the shown output, one after the other in one folder",
        arguments: [(Document.readme, 1), (.firstTool, 11), (.shellSteps, 3), (.programs, 18)])
    func transcripts(_ document: Document, _ count: Int) async throws {
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "transcripts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let blocks = document.blocks
        // The commands of the guide create their files themselves.
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
                try #require(try await FixtureCompiler().link(text: block.text, to: program) == "")
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
