import EnvironmentDomain
import OperatingSystem

/// A step that drives OpenTofu or Terraform.
struct OpenTofuStep: Step {
    let name: StepName
    let timeout: Duration
    let source: OpenTofuSource
    private let body: @Sendable (OpenTofuSource, StepContext) async throws -> Void

    init(
        _ name: StaticString, _ source: OpenTofuSource, timeout: Duration = .seconds(600),
        _ body: @escaping @Sendable (OpenTofuSource, StepContext) async throws -> Void
    ) {
        self.name = StepName(known: name)
        self.timeout = timeout
        self.source = source
        self.body = body
    }

    func run(_ context: StepContext) async throws {
        do {
            try await body(source, context)
        } catch let error as SystemError {
            throw StepError(kind: error.isFull ? "disk_full" : "system", summary: error.description)
        } catch let error as InfrastructureError {
            throw StepError(kind: "invalid_infrastructure", summary: "\(error.path): \(error.reason)")
        }
    }
}
