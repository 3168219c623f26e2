import EnvironmentDomain
import Foundation
import Testing

/// Tests of the README's samples; the tests of `envctl` run its commands.
struct ReadmeTests {
    private static let page = URL(filePath: #filePath).appending(path: "../../../README.md").standardizedFileURL

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
        page.deletingLastPathComponent().appending(path: "../../Sources/CLibPQ/module.modulemap").standardizedFileURL
        .path()

    /// Returns the page's code blocks in a language.
    private static func blocks(_ language: String) throws -> [String] {
        let text = try String(contentsOf: page, encoding: .utf8)
        return text.split(separator: "```\(language)\n").dropFirst().compactMap { part in
            part.firstRange(of: "```").map { String(part[..<$0.lowerBound]) }
        }
    }
}
