import Commands
import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that drives OpenTofu or Terraform.
    static func opentofu(
        _ name: StepName, timeout: Duration = .seconds(600),
        body: @escaping @Sendable (StepContext) async throws -> Void
    ) -> Step {
        Step(name, timeout: timeout) { step in
            do {
                try await body(step)
            } catch let error as SystemError {
                throw StepError(kind: error.isFull ? .diskFull : "system", summary: error.description)
            } catch let error as InfrastructureError {
                throw StepError(kind: "invalid_infrastructure", summary: "\(error.path): \(error.reason)")
            }
        }
    }
}
