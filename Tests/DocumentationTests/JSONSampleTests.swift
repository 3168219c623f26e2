import Commands
import DocumentStore
import EnvironmentDomain
import Foundation
import Persistence
import TestSupport
import Testing

@Suite("JSON samples in the documents")
struct JSONSampleTests {
    static let samples = Document.all.flatMap(\.blocks).filter { $0.language == "json" }

    private static func members(_ sample: Block) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data(sample.text.utf8))
        return try Set(#require(object as? [String: Any]).keys)
    }

    private static func isState(_ sample: Block) -> Bool { sample.text.contains("\"checksum\"") }
    private static func isWorkflow(_ sample: Block) -> Bool {
        sample.text.contains("\"provision\"") && !isState(sample)
    }

    private static func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "documents-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    @Test("A sample is a JSON object", arguments: samples)
    func parses(sample: Block) throws {
        #expect(try !Self.members(sample).isEmpty)
    }

    @Test("A workflow is loaded", arguments: samples.filter(isWorkflow))
    func loadsWorkflow(sample: Block) async throws {
        try await Self.withFolder { folder in
            let file = folder.appending(path: "workflow.json")
            try Data(sample.text.utf8).write(to: file)
            let provider = try Provider.workflowFile(file.path())
            #expect(!provider.steps(of: .provision).isEmpty)
        }
    }

    @Test("A line of a log and a copy of one are loaded, with their checksums", arguments: samples.filter(isState))
    func loadsState(sample: Block) async throws {
        try await Self.withFolder { folder in
            let name = EnvironmentName("web")
            try FileManager.default.createDirectory(
                at: folder.appending(path: name.text), withIntermediateDirectories: true)
            let line = try #require(LogLine(pretty: Array(sample.text.utf8)), "the checksum is another")
            try Data(line.bytes + [10]).write(to: folder.appending(path: "\(name)/history.jsonl"))
            let repository = try FileEnvironmentRepository(dataFolder: folder.path())
            let stored = try #require(try await repository.load(name))
            #expect(stored.serial == line.serial)
        }
    }

    @Test("There are samples of both kinds")
    func samplesAreFound() {
        #expect(Self.samples.filter(Self.isWorkflow).count >= 2)
        #expect(Self.samples.filter(Self.isState).count == 2)
    }
}
