import CommandLineProgram
import EnvironmentDomain

/// The result of moving one environment.
struct Move: Encodable, Sendable {
    enum Outcome: String, Encodable, Sendable {
        case moved
        case wouldBeMoved = "would be moved"
        case movedBefore = "moved already"
        case refused = "not moved"
    }

    let environment: EnvironmentName
    let outcome: Outcome
    var serial: Int?
    /// Why it was not moved; nil when it was.
    var refusal: String?

    var line: String {
        "\(environment): \(outcome.rawValue)"
            + (refusal.map { ": \($0.onOneLine)" } ?? serial.map { " (serial \($0))" } ?? "")
    }
}
