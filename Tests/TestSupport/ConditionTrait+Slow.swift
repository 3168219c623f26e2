import Foundation
package import Testing

extension Trait where Self == ConditionTrait {
    /// The mark of a test or a suite that takes more than a few seconds, which `Scripts/test --quick` leaves out.
    package static var slow: Self {
        .disabled(
            if: ProcessInfo.processInfo.environment["QUICK_TESTS"] != nil, "slow, and left out by Scripts/test --quick")
    }

    /// The mark of a suite that takes many minutes and is run by its name only, as the gate does.
    package static func askedFor(_ name: String) -> Self {
        .enabled(if: CommandLine.arguments.contains("--filter"), "takes minutes: swift test --filter \(name)")
    }
}
