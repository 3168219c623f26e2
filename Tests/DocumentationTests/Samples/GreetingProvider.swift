import Commands
import EnvironmentDomain

extension OutputKey where Value == String { static let answer = OutputKey("answer") }

/// Makes an instance at an address that it is given, and greets it.
struct GreetingProvider {
    let address: String
    let greet: @Sendable (_ address: String) async throws -> String

    var provider: Provider {
        Provider(
            "greeting",
            provision: [Step("reserve_address") { step in try step.set(.instanceAddress, to: address) }],
            configure: [.greet(with: greet)])
    }
}

extension Step {
    /// A kind of step of one's own is a function that returns a step.
    fileprivate static func greet(with greet: @escaping @Sendable (_ address: String) async throws -> String) -> Step {
        Step("greet", timeout: .seconds(30), retry: .exponential(2, from: .milliseconds(10))) { step in
            try step.set(.answer, to: try await greet(try step.output(.instanceAddress)))
        }
    }
}
