import Commands
import EnvironmentDomain
import Foundation
import Persistence
import Testing

@Suite("The site provider")
final class SiteProviderTests {
    private let pages: URL
    private let repository: any EnvironmentArchive
    private let name: EnvironmentName = "my-site"

    init() throws {
        pages = FileManager.default.temporaryDirectory.appending(path: "pages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: pages, withIntermediateDirectories: true)
        repository = try InMemoryEnvironmentRepository()
        try write("welcome", to: "index.html")
        try write("DRAFT", to: "news.html")
    }

    deinit { try? FileManager.default.removeItem(at: pages) }

    private func write(_ text: String, to page: String) throws {
        try text.write(to: pages.appending(path: page), atomically: false, encoding: .utf8)
    }

    private func provider(copier: String = "/bin/cp") throws -> Provider {
        try SiteProvider(pages: AbsolutePath(resolving: pages.path(percentEncoded: false)), copier: copier).provider()
    }

    private func deploy(copier: String = "/bin/cp") async throws -> DeploymentOrchestrator.Report {
        let provider = try provider(copier: copier)
        return try await EnvironmentLog.withHandler({ _ in }) {
            try await DeploymentOrchestrator(provider: provider, repository: repository)
                .deploy(name, until: .provision, creating: nil)
        }
    }

    private func failure(copier: String = "/bin/cp") async -> CommandError? {
        do {
            _ = try await deploy(copier: copier)
            return nil
        } catch {
            return error as? CommandError
        }
    }

    private func preview() async throws -> Preview.Plan {
        let stored = try await repository.load(name)
        let environment = try stored?.document ?? Environment(name, provider: provider()).erased
        return try #require(
            await provider().preview?.run(
                environment, lineage: stored?.lineage, workspace: repository.workspace(for: name), isRemoval: false))
    }

    @Test("is refused without its program before anything is stored")
    func programMissing() async throws {
        let error = await failure(copier: "/nowhere/cp")
        #expect(error?.code == .toolMissing && error?.step == "copy_pages")
        #expect(try await !repository.exists(name))
    }

    @Test("says beforehand which pages it would copy")
    func previews() async throws {
        #expect(try await preview().changes.map(\.address) == ["index.html", "news.html"])
        try write("news", to: "news.html")
        _ = try await deploy()
        #expect(try await preview().changes.isEmpty)
    }

    @Test("copies a page again that was repaired after a later step failed")
    func repaired() async throws {
        let error = await failure()
        #expect(error?.failure?.errorKind == "draft")
        try write("news", to: "news.html")
        let report = try await deploy()
        #expect(report.steps.map(\.name.text) == ["copy_pages", "check_pages"])
        #expect(try await preview().changes.isEmpty)
    }

    @Test("finds a page that was changed after it was published")
    func drift() async throws {
        try write("news", to: "news.html")
        _ = try await deploy()
        try "defaced".write(
            toFile: "\(repository.workspace(for: name).instance)/index.html", atomically: false, encoding: .utf8)
        let report = try await DriftCommand(provider: provider(), repository: repository).execute(name)
        #expect(report?.findings.map(\.subject) == ["index.html"])
    }
}
