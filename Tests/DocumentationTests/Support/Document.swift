import Foundation
import TestSupport
import Testing

/// A Markdown file of the package.
struct Document: CustomTestStringConvertible {
    /// The path, relative to the package's folder.
    let path: String
    let text: String

    var testDescription: String { path }

    init(_ path: String) {
        self.path = path
        // A missing file has no samples; the tests that need the file report it.
        text = (try? PackageFiles.text(path)) ?? ""
    }

    static let readme = Document("README.md")
    static let contributing = Document("CONTRIBUTING.md")
    static let programs = Document("Documentation/programs.md")
    static let architecture = Document("Documentation/architecture.md")
    static let lifecycle = Document("Documentation/lifecycle.md")
    static let exitCodes = Document("Documentation/exit-codes.md")
    static let shellSteps = Document("Documentation/shell-steps.md")
    static let firstTool = Document("Documentation/first-tool.md")
    static let guides =
        [firstTool, architecture, programs, lifecycle, exitCodes, shellSteps]
        + PackageFiles.files(in: "Documentation/decisions", ending: ".md").map { Document($0) }
        + [
            "library", "testing-steps", "own-repository", "infrastructure", "recovery-by-hand", "comparison",
            "operations", "when-broken", "guarantees", "file-systems", "faults",
        ].map { Document("Documentation/\($0).md") }
    static let modules = [
        "JSONText", "EnvironmentDomain", "Persistence", "Commands", "EnvironmentRepositoryConformance",
    ]
    static let articles = modules.flatMap { PackageFiles.files(in: "Sources/\($0)/\($0).docc", ending: ".md") }
        .map { Document($0) }
    static let all = [readme, contributing, Document("SECURITY.md")] + guides + articles

    /// The folder of the file, relative to the package's folder.
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }

    /// The code blocks, which are between fences of three backticks.
    var blocks: [Block] {
        var blocks: [Block] = []
        var open: (language: String, line: Int, text: [Substring])?
        var command: String?
        var file: String?
        var program: String?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let comment = line.wholeMatch(of: /<!-- printed by: (.+) -->/) {
                command = String(comment.1)
            } else if let comment = line.wholeMatch(of: /<!-- file: (.+) -->/) {
                file = String(comment.1)
            } else if let comment = line.wholeMatch(of: /<!-- program: (.+) -->/) {
                program = String(comment.1)
            } else if !line.hasPrefix("```") {
                open?.text.append(line)
            } else if let block = open {
                blocks.append(
                    Block(
                        document: path, line: block.line, language: block.language,
                        text: block.text.joined(separator: "\n"), command: command, file: file,
                        program: program))
                open = nil
                command = nil
                file = nil
                program = nil
            } else {
                open = (String(line.dropFirst(3)), index + 1, [])
            }
        }
        return blocks
    }

    /// The text outside the code blocks.
    var prose: String {
        text.components(separatedBy: "\n```").enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
            .joined(separator: "\n")
    }
}

/// A code block of a document.
struct Block: CustomTestStringConvertible {
    let document: String
    let line: Int
    let language: String
    let text: String
    /// The command that prints the block, from a comment above it; `nil` for none.
    let command: String?
    /// The file with the same content, from a comment above the block; `nil` for none.
    let file: String?
    /// The name of the program whose source is the block, from a comment above it; `nil` for none.
    let program: String?

    var testDescription: String { "\(document), line \(line)" }
}
