import Foundation
import TestSupport
import Testing

@Suite("The architecture page")
struct ArchitectureTests {
    private static func quoted(_ text: Substring) -> [String] { text.matches(of: /`(\w+)`/).map { String($0.1) } }

    @Test("Its table of modules says what the manifest says")
    func modules() throws {
        var documented: [String: [String]] = [:]
        for row in Document.architecture.text.matches(of: /(?m)^\| `(\w+)` \| .* \| (.*)\|$/) {
            documented[String(row.1)] = Self.quoted(row.2).sorted()
        }
        let manifest = try PackageFiles.text("Package.swift").components(separatedBy: "\n    targets: [")
        var built: [String: [String]] = [:]
        let target = /\.target\(\s*name: "(\w+)"(?:,\s+dependencies: \[([^\]]*)\])?/
        for match in manifest.last?.matches(of: target) ?? [] where match.1 != "TestSupport" {
            built[String(match.1)] = (match.2 ?? "").matches(of: /"(\w+)"/).map { String($0.1) }.sorted()
        }
        #expect(built.count >= 6)
        #expect(documented == built)
    }

    @Test("The types that it names are declared in the sources")
    func types() throws {
        let declaration =
            /(?m)^ *(?:(?:public|package|private|indirect|final) )*(?:struct|class|enum|protocol|actor) (\w+)/
        let files = PackageFiles.swiftFiles(in: "Sources")
        let declared = try Set(
            files.flatMap { file in
                try String(contentsOf: file, encoding: .utf8).matches(of: declaration).map { String($0.1) }
            })
        let paths = ["Sources", "Tests"].flatMap { folder in PackageFiles.files(in: folder, ending: ".swift") }
        let folders = Set(paths.flatMap { path in path.split(separator: "/").dropLast().map { String($0) } })
        let others: Set = [
            "COperatingSystem", "Backends", "Benchmarks", "CLI", "Integrations", "Codable", "Hashable", "Error",
        ]
        for name in Document.architecture.prose.matches(of: /`([A-Z]\w+)`/).map({ String($0.1) }) {
            #expect(declared.contains(name) || folders.contains(name) || others.contains(name), "\(name)")
        }
    }
}
