import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Everything that the page on running it says to type is typed.
@Suite(.enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"))
struct ReadmeTests {
    private static let page = URL(filePath: #filePath).appending(path: "../../../README.md").standardizedFileURL

    @Test func theCommandsOfThePageDoWhatItSays() async throws {
        let blocks = try Self.blocks("sh")
        try #require(blocks.count == 5)
        let server = try await TestServer()
        let folder = try newFolder()
        // What the page finds in the folder `data`.
        let files = try FileEnvironmentRepository(dataFolder: folder + "/data", emergencyFolder: folder + "/emergency")
        for _ in 0..<3 { try await files.save(try Sample.environment()) }

        let script = "set -euo pipefail\n" + blocks.joined(separator: "\n")
        let programs = [try Program.built("postgres-store"), try #require(Program.find("psql")), "/usr/bin/env"]
            .map { URL(filePath: $0).deletingLastPathComponent().path() }
        let (status, output) = try await Program.run(
            ["bash", "-c", "cd \"\(folder)\"\n" + script],
            variables: [
                "PATH": programs.joined(separator: ":") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
                "PGHOST": server.folder, "PGPORT": "\(server.port)", "PGUSER": "postgres",
            ])
        #expect(status == 0, "\(output)")
        var rest = output[...]
        for promise in Self.promises(in: blocks) {
            let found = try #require(rest.firstRange(of: promise), "\(promise) is not printed: \(output)")
            rest = rest[found.upperBound...]
        }
        #expect(Self.promises(in: blocks).count == 8)
    }

    @Test func theSamplesOfThePageCompile() async throws {
        let samples = try Self.blocks("swift")
        try #require(samples.count == 1)
        let products = URL(filePath: try Program.built("postgres-probe")).deletingLastPathComponent().path()
        for sample in samples {
            let folder = try newFolder()
            try sample.write(toFile: folder + "/Sample.swift", atomically: false, encoding: .utf8)
            let maps = ["\(products)/COperatingSystem.build/module.modulemap", Self.libraryMap]
            let (status, output) = try await Program.run(
                ["swiftc", "-typecheck", "-parse-as-library", "-swift-version", "6", "-I", "\(products)/Modules"]
                    + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] } + ["-Xcc", "-I/usr/include/postgresql"]
                    + [folder + "/Sample.swift"])
            #expect(status == 0, "\(output)")
        }
    }

    @Test func thePageNamesWhatIsThere() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        for path in ["Benchmarks/results.md", "Scripts/kill-rounds"] {
            #expect(text.contains(path))
            let file = Self.page.deletingLastPathComponent().appending(path: path).path()
            #expect(FileManager.default.fileExists(atPath: file))
        }
    }

    private static let libraryMap =
        page.deletingLastPathComponent().appending(path: "Sources/CLibPQ/module.modulemap").path()

    /// What stands behind `# prints: ` in the blocks.
    private static func promises(in blocks: [String]) -> [Substring] {
        blocks.flatMap { $0.split(separator: "\n") }.compactMap { line in
            line.firstRange(of: "# prints: ").map { line[$0.upperBound...] }
        }
    }

    /// The page's blocks in a language.
    private static func blocks(_ language: String) throws -> [String] {
        let text = try String(contentsOf: page, encoding: .utf8)
        return text.split(separator: "```\(language)\n").dropFirst().compactMap { part in
            part.firstRange(of: "```").map { String(part[..<$0.lowerBound]) }
        }
    }
}
