import Commands
import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that runs OpenTofu or Terraform.
    static func opentofu(
        _ name: StepName, timeout: Duration = .seconds(600),
        body: @escaping @Sendable (StepContext) async throws -> Void
    ) -> Step {
        Step(name, timeout: timeout) { step in try await describingFaults { try await body(step) } }
    }
}

/// Runs `body`, and throws its errors of the system and of the user's folder as a `StepError`.
func describingFaults<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch let error as SystemError {
        throw StepError(kind: error.isFull ? .diskFull : "system", summary: error.description)
    } catch let error as InfrastructureError {
        throw StepError(kind: "invalid_infrastructure", summary: "\(error.path): \(error.reason)")
    }
}
