public import Commands
public import EnvironmentDomain
import OperatingSystem

/// The outcome of a step, or a planned step, in the form that a program prints.
public struct StepOutcome: Encodable, Sendable {
    public let command: CommandName
    public let name: StepName
    /// `completed`, `failed`, `interrupted` or `planned`.
    public let outcome: String
    public let durationSeconds: Double?

    enum CodingKeys: String, CodingKey {
        case command, name, outcome
        case durationSeconds = "duration_seconds"
    }

    public init(_ report: StepReport) {
        command = report.command
        name = report.name
        outcome = report.outcome.rawValue
        durationSeconds = report.duration.seconds
    }

    /// Returns the planned steps of a phase.
    public static func planned(_ phase: DeploymentOrchestrator.PlannedPhase) -> [StepOutcome] {
        phase.steps.map { StepOutcome(command: phase.phase.command, name: $0, outcome: "planned") }
    }

    private init(command: CommandName, name: StepName, outcome: String) {
        self.command = command
        self.name = name
        self.outcome = outcome
        durationSeconds = nil
    }
}
