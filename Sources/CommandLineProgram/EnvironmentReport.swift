public import Commands
public import EnvironmentDomain

/// What a program says on standard output of what came of its work on an environment.
public struct EnvironmentReport: Encodable, Sendable {
    public let environment: EnvironmentName
    public let state: LifecycleState?
    public internal(set) var serial: Int
    /// Whether something was saved or removed.
    public var changed = false
    public let instanceAddress: InstanceAddress?
    public let dataFolder: String
    public internal(set) var steps: [StepOutcome] = []
    /// The command line that leads on.
    public var next: String?
    public let savedAt: Timestamp?
    public var progress: StepProgress?
    public var failure: StepFailure?
    public var holder: LeaseHolder?
    /// A record that is newer than what is stored.
    public var emergencyRecord: String?
    /// What was asked for and is not used; `nil` for nothing.
    public private(set) var notes: [String]?
    /// What the infrastructure's tool would change.
    public private(set) var preview: Preview.Plan?
    public private(set) var drift: DriftReport?
    /// The release that was put into place again, or would be.
    public private(set) var rollback: EarlierRelease?
    /// The exit code for a report that is no error: 2 when something has drifted, else 0.
    public var exitCode: Int32 { drift?.hasDrifted == true ? Failure.Code.drift.rawValue : 0 }
    /// Lines for people, which JSON does not need.
    public var lines: [String] = []

    enum CodingKeys: String, CodingKey {
        case environment, state, serial, changed, steps, next, progress, failure, holder, notes, preview, drift
        case rollback
        case instanceAddress = "instance_address"
        case dataFolder = "data_dir"
        case savedAt = "saved_at"
        case emergencyRecord = "emergency_record"
    }

    /// Reports what is stored of the session's environment, without a line for people.
    public init(_ stored: StoredEnvironment?, in session: EnvironmentSession) {
        environment = session.name
        dataFolder = session.repository.location
        state = stored?.document.state
        serial = stored?.serial ?? 0
        instanceAddress = stored?.document.instance?.address
        savedAt = stored?.savedAt
        next = stored.flatMap { session.next(after: $0.document) }
    }

    /// Reports what is stored, and what came of the work in a few words.
    public init(
        _ stored: StoredEnvironment, _ remark: String, more: [String] = [], in session: EnvironmentSession
    ) {
        self.init(stored, in: session)
        lines = ["\(stored.document) (\(remark))"] + Self.details(stored, in: session) + more
        if let next { lines.append("  next       \(next)") }
    }

    /// Reports the outcome of a deployment or a destroy.
    public init(_ outcome: EnvironmentSession.Outcome, in session: EnvironmentSession) {
        switch outcome {
        case .nothingToDo(let stored, let why, let notes):
            self.init(stored, "nothing to do, \(why)", in: session)
            if !notes.isEmpty { self.notes = notes }
            lines += notes.map { "  note       \($0)" }
        case .done(let report):
            let time = report.steps.reduce(Duration.zero) { $0 + $1.duration }
            let steps = report.steps.count == 1 ? "1 step" : "\(report.steps.count) steps"
            self.init(
                report.stored, report.changed ? "\(steps) run in \(time.text)" : "nothing to do",
                more: report.rollback.map { ["  release    back to \($0)"] } ?? [], in: session)
            changed = report.changed
            self.steps = report.steps.map(StepOutcome.init)
            rollback = report.rollback
        case .plannedRollback(let plan, let stored):
            self.init(stored, in: session)
            steps = plan.phases.flatMap(StepOutcome.planned)
            rollback = plan.release
            lines = ["\(stored.document)", "  would go   back to release \(plan.release)"]
            lines += steps.map { "  would run  \($0.command) \($0.name)" }
        case .planned(let commands, let stored, let changes):
            self.init(stored, in: session)
            steps = commands.flatMap(StepOutcome.planned)
            lines = [stored.map { "\($0.document)" } ?? "Environment '\(session.name)' would be created"]
            lines += steps.map { "  would run  \($0.command) \($0.name)" }
            if steps.isEmpty { lines.append("  would run  no step") }
            if case .changes(let result) = changes { preview = result }
            lines += Self.lines(changes)
        }
    }

    /// What the provider would change, for people.
    public static func lines(_ changes: EnvironmentSession.PlannedChanges) -> [String] {
        switch changes {
        case .none: []
        case .refused(let reason): ["  no plan    \(reason)"]
        case .changes(let result):
            result.changes.map { "  would \($0.action) \($0.address)" }
                + ["  plan       \(result.add) to make, \(result.change) to change, \(result.remove) to remove"]
        }
    }

    /// Reports what was found to differ from what was made.
    public init(_ drift: DriftReport, _ stored: StoredEnvironment, in session: EnvironmentSession) {
        self.init(stored, in: session)
        self.drift = drift
        lines = ["\(stored.document)", "  inspected  \(drift.checks.map(\.text).joined(separator: ", "))"]
        lines += drift.findings.map { "  differs    \($0)" }
        if !drift.hasDrifted { lines.append("  nothing differs") }
    }

    /// Reports a purge of what was stored.
    public init(purged: StoredEnvironment??, in session: EnvironmentSession) {
        self.init(nil, in: session)
        lines = ["nothing to do, nothing is stored of \(session.name)"]
        if let purged {
            changed = true
            serial = purged?.serial ?? 0
            lines = ["purged \(session.name): only its lock remains"]
        }
    }

    /// Where the environment answers, what is stored and where.
    public static func details(_ stored: StoredEnvironment, in session: EnvironmentSession) -> [String] {
        var lines: [String] = []
        if let address = stored.document.instance?.address { lines.append("  address    \(address)") }
        let since = stored.savedAt.map { ", saved \($0)" } ?? ""
        lines.append("  state      \(stored.document.state.typeName) (serial \(stored.serial)\(since))")
        lines.append("  folder     \(session.repository.workspace(for: session.name).root)")
        return lines
    }
}
