import TestSupport
import Testing

@Suite("Swift samples in the documents", .slow)
struct SwiftSampleTests {
    static let all = Document.all.flatMap(\.blocks).filter { $0.language == "swift" }
    static let samples = all.filter { $0.file == nil && $0.program == nil }

    /// The lines that are added to a sample without imports.
    private static let preamble = """
        import Commands
        import EnvironmentDomain
        import Persistence

        func describe() -> Environment<Created> { preconditionFailure("samples are compiled and not run") }

        """

    private static func file(_ lines: [Substring]) -> String {
        let text = lines.joined(separator: "\n")
        return text.contains("import ") ? text : preamble + text
    }

    /// Returns the part of a compiler's message that a line expects; `nil` for none.
    private static func refusal(_ line: Substring) -> String? {
        guard let mark = line.firstRange(of: "// error: ") else { return nil }
        return String(line[mark.upperBound...])
    }

    private static func lines(_ sample: Block) -> [Substring] {
        sample.text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test("A sample compiles without the lines that must be refused", arguments: samples)
    func compiles(sample: Block) async throws {
        let legal = Self.lines(sample).filter { Self.refusal($0) == nil }
        #expect(try await FixtureCompiler().compile(text: Self.file(legal)) == "")
    }

    @Test(
        "A line that must be refused is refused with its message",
        arguments: samples.filter { lines($0).contains { refusal($0) != nil } })
    func isRefused(sample: Block) async throws {
        let lines = Self.lines(sample)
        for refused in lines.indices where Self.refusal(lines[refused]) != nil {
            let others = lines.indices.filter { $0 == refused || Self.refusal(lines[$0]) == nil }
            // The compiler quotes the line, and the expected text in its comment must not match.
            let code = others.map {
                lines[$0].prefix(upTo: lines[$0].firstRange(of: "//")?.lowerBound ?? lines[$0].endIndex)
            }
            let complaint = try await FixtureCompiler().compile(text: Self.file(code))
            #expect(complaint.contains(Self.refusal(lines[refused]) ?? ""))
        }
    }

    @Test("A sample that names a file is that file", arguments: all.filter { $0.file != nil })
    func isFile(sample: Block) throws {
        #expect(try PackageFiles.text(sample.file ?? "") == sample.text + "\n")
    }

    @Test("There are samples of all kinds, and each sample file is in a document")
    func samplesAreFound() {
        let files = PackageFiles.files(in: "Tests/DocumentationTests/Samples", ending: ".swift")
        let samples = Self.all.compactMap(\.file).filter { $0.hasPrefix("Tests/DocumentationTests/Samples/") }
        #expect(samples.sorted() == files)
        #expect(Self.samples.count >= 10)
        #expect(Self.samples.contains { Self.lines($0).contains { Self.refusal($0) != nil } })
    }
}
