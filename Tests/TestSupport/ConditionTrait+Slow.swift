import Foundation
package import Testing

extension Trait where Self == ConditionTrait {
    /// The trait of tests and suites that take more than a few seconds, which `Scripts/test --quick` omits.
    package static var slow: Self {
        .disabled(
            if: ProcessInfo.processInfo.environment["QUICK_TESTS"] != nil, "slow, and left out by Scripts/test --quick")
    }

    /// The trait of a suite that takes many minutes and runs only when `--filter` names it, as in the gate.
    package static func askedFor(_ name: String) -> Self {
        .enabled(if: CommandLine.arguments.contains("--filter"), "takes minutes: swift test --filter \(name)")
    }
}
