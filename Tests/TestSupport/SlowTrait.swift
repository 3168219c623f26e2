import Foundation
package import Testing

extension Trait where Self == ConditionTrait {
    /// The mark of a test or a suite that takes more than a few seconds, which `Scripts/test --quick` leaves out.
    package static var slow: Self {
        .disabled(
            if: ProcessInfo.processInfo.environment["QUICK_TESTS"] != nil, "slow, and left out by Scripts/test --quick")
    }
}
