import Synchronization
import Testing

@testable import Commands

@Suite("A retry policy")
struct RetryPolicyTests {
    private static let long = Duration.seconds(Int64.max)

    @Test(
        "waits between attempts according to its parameters",
        arguments: [
            (RetryPolicy.never, [Duration.zero, .zero]),
            (.constant(3, every: .seconds(2)), [.seconds(2), .seconds(2), .seconds(2)]),
            (.exponential(3, from: .milliseconds(500)), [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)]),
            (
                .exponential(9, from: .seconds(1), upTo: .seconds(3)),
                [.seconds(1), .seconds(2), .seconds(3), .seconds(3)]
            ),
            (.exponential(9, from: .seconds(5), upTo: .seconds(3)), [.seconds(3), .seconds(3)]),
            (.exponential(9, from: .seconds(8), jitter: 1), [.seconds(6), .seconds(12)]),
            (.exponential(9, from: .seconds(8), jitter: 0.5), [.seconds(7), .seconds(14)]),
            (.exponential(9, from: long, upTo: long), [.seconds(1_000_000_000), .seconds(1_000_000_000)]),
            (.constant(-1, every: .seconds(-1)), [.zero]),
        ])
    func pauses(policy: RetryPolicy, expected: [Duration]) {
        #expect((1...expected.count).map { policy.pause(after: $0) { 0.25 } } == expected)
    }

    @Test("has no negative number of retries")
    func negative() { #expect(RetryPolicy.constant(-3, every: .zero).retries == 0) }
}
