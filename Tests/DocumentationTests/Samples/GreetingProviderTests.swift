import Commands
import EnvironmentDomain
import Persistence
import Testing

@Suite("The greeting provider")
struct GreetingProviderTests {
    private let repository: InMemoryEnvironmentRepository
    private let name: EnvironmentName
    private let credentials: SSHCredentials

    init() throws {
        repository = try InMemoryEnvironmentRepository()
        name = "my-env"
        credentials = SSHCredentials(
            username: "deploy", privateKeyPath: try AbsolutePath("/keys/id"),
            publicKeyPath: try AbsolutePath("/keys/id.pub"))
    }

    private func deploy(
        _ greet: @escaping @Sendable (String) async throws -> String
    ) async throws -> DeploymentOrchestrator.Report {
        let provider = GreetingProvider(address: "10.0.0.7", greet: greet).provider
        return try await EnvironmentLog.withHandler({ _ in }) {
            try await DeploymentOrchestrator(provider: provider, repository: repository)
                .deploy(name, until: .configure) {
                    Environment(name: name, sshCredentials: credentials, provider: provider.reference)
                }
        }
    }

    @Test("greets the instance and keeps the answer")
    func greets() async throws {
        let report = try await deploy { "hello from \($0)" }
        #expect(report.stored.document.state == .configured)
        #expect(report.stored.document[.answer] == "hello from 10.0.0.7")
    }

    @Test("resumes with the greeting when it failed before")
    func goesOn() async throws {
        do {
            _ = try await deploy { _ in throw StepError(kind: "silence", summary: "nobody answered") }
            Issue.record("it was to fail")
        } catch let error as CommandError {
            #expect(error.failure?.errorKind == "silence")
            #expect(error.failure?.attempts == 3)
            #expect(error.lastDurable?.state == .configureFailed)
        }
        let report = try await deploy { _ in "hello" }
        #expect(report.steps.map(\.name.text) == ["greet"])
        let history = try await repository.historyLines(of: name) ?? []
        #expect(history.map(\.serial) == Array(1...history.count))
    }
}
