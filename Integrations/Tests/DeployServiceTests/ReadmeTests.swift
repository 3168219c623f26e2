import Foundation
import IntegrationTestSupport
import Testing

@testable import EnvironmentMetrics

@Suite("README")
struct ReadmeTests {
    private static let package = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: package.appending(path: path), encoding: .utf8)
    }

    /// The texts between fences of that language.
    private static func blocks(_ language: String) throws -> [Substring] {
        try text("README.md").components(separatedBy: "```\(language)\n").dropFirst().compactMap { part in
            part.range(of: "```\n").map { end in part[..<end.lowerBound] }
        }
    }

    @Test("Its samples are what is compiled with this test")
    func samples() throws {
        let blocks = try Self.blocks("swift")
        #expect(blocks.count == 4)
        let compiled = try Self.text("Tests/DeployServiceTests/ReadmeSamples.swift")
        for block in blocks { #expect(compiled.contains(block), "\(block)") }
    }

    @Test("Its table names the metrics that there are")
    func metrics() throws {
        let rows = try Self.text("README.md").matches(of: /(?m)^\| `(environment_\w+)` \| (counter|timer) \|/)
        #expect(Set(rows.map { String($0.1) }) == Set(RepositoryMetrics.Label.allCases.map(\.rawValue)))
    }

    @Test("The example prints the spans that it shows")
    func spans() async throws {
        let shown = try #require(try Self.blocks("text").first)
        try await withTemporaryFolder { folder in
            let program = try RunningProgram("deploy-service", ["my-env", "\(folder)/data"], in: folder)
            let output = try await program.end().output
            let spans = output.split(separator: "\n").filter { $0.hasPrefix("span ") }
            #expect(spans.map(Self.withoutWhatDiffers) == shown.split(separator: "\n").map(Self.withoutWhatDiffers))
        }
    }

    /// A line without times and identifiers.
    private static func withoutWhatDiffers(_ line: Substring) -> String {
        line.replacing(/\d+ ms/, with: "N ms").replacing(/_id=[0-9a-f]+/, with: "_id=ID").description
    }
}
