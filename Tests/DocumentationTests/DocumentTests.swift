import EnvironmentDomain
import Foundation
import TestSupport
import Testing

@Suite("Tables and pictures of the documents")
struct DocumentTests {
    @Test("The picture of the states is generated from the table")
    func mermaid() throws {
        let parts = Document.lifecycle.text.components(separatedBy: "<!-- Lifecycle.mermaid() ")
        #expect(parts.count == 3)
        let picture = try #require(parts.dropFirst().first)
        #expect(picture == "begin -->\n```mermaid\n\(Lifecycle.mermaid())```\n")
    }

    @Test("The exit codes are those of the programs")
    func exitCodes() throws {
        let rows = Document.exitCodes.text.matches(of: /(?m)^\| ([0-9, ]+) \|/)
        let documented = rows.flatMap { $0.1.split(separator: ", ").compactMap { Int($0) } }
        let source = try PackageFiles.text("Sources/CommandLineProgram/Failure.swift")
        let failures = source.matches(of: /(?m)^        case \w+ = (\d+)$/).compactMap { Int($0.1) }
        #expect(failures.count == 10)
        let endings = [0] + [1, 2, 15].map { 128 + $0 }
        #expect(documented.sorted() == (failures + endings).sorted())
    }

    @Test("The scripts of CONTRIBUTING exist and can be run")
    func scripts() {
        let named = Set(Document.contributing.text.matches(of: /`Scripts\/([\w-]+)/).map { String($0.1) })
        #expect(
            named == [
                "format", "lint", "test", "slowest", "docs", "release", "bill-of-materials", "coverage", "sanitize",
                "harness",
                "mutants", "fuzz",
            ])
        for name in named {
            let path = PackageFiles.root.appending(path: "Scripts/\(name)").path()
            #expect(FileManager.default.isExecutableFile(atPath: path), "Scripts/\(name)")
        }
    }

    @Test(
        "A script with --help prints its help and does nothing else",
        arguments: PackageFiles.files(in: "Scripts", ending: ""))
    func help(script: String) async throws {
        let (status, output) = try await Tool.run(PackageFiles.root.appending(path: script), ["--help"])
        #expect(status == 0 && output.contains(" ") && output.split(separator: "\n").count < 40, "\(output)")
    }

    @Test("The options that the documents name are options of the program")
    func options() throws {
        let usage = try PackageFiles.text("Examples/example-provision/Arguments.swift")
        let known = Set(usage.matches(of: /case "(--[a-z-]+)"/).map { String($0.1) })
        #expect(known.count > 10)
        // The other documents contain options of other programs, which other tests run.
        let others = [
            Document.contributing.path, Document.exitCodes.path, Document.firstTool.path, Document.programs.path,
            "Documentation/recovery-by-hand.md", "Documentation/operations.md", "Documentation/when-broken.md",
            "Documentation/faults.md",
        ]
        let ours = Document.all.filter { !others.contains($0.path) }
        for document in ours {
            let lines = document.text.split(separator: "\n")
                .filter { !$0.contains("curl") && !$0.contains("swift test") }
            let named = Set(lines.flatMap { $0.matches(of: /[ `](--[a-z][a-z-]+)/).map { String($0.1) } })
            #expect(named.subtracting(known).isEmpty, "\(document.path)")
        }
    }
}
