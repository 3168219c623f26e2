import Foundation
import TestSupport
import Testing

@Suite("The architecture page")
struct ArchitectureTests {
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
            "EnvironmentTool", "EnvironmentPage", "COperatingSystem", "CLibPQ", "CHiRedis", "PostgreSQL", "Redis",
            "Backends", "Benchmarks", "CLI", "Scripts",
            "Documentation",
            "Integrations", "Codable", "Hashable", "Error",
        ]
        for name in Document.architecture.prose.matches(of: /`([A-Z]\w+)`/).map({ String($0.1) }) {
            #expect(declared.contains(name) || folders.contains(name) || others.contains(name), "\(name)")
        }
    }
}
