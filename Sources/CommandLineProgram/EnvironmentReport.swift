public import Commands
public import EnvironmentDomain

/// The report of a command on standard output.
public struct EnvironmentReport: Encodable, Sendable {
    public let environment: EnvironmentName
    public let state: LifecycleState?
    public internal(set) var serial: Int
    /// Whether something was saved or removed.
    public var changed = false
    public let instanceAddress: InstanceAddress?
    public let dataFolder: String
    public internal(set) var steps: [StepOutcome] = []
    /// The command line to run next; `nil` for none.
    public var next: String?
    public let savedAt: Timestamp?
    public var progress: StepProgress?
    public var failure: StepFailure?
    public var holder: LeaseHolder?
    /// The path of an emergency record that is newer than the stored state.
    public var emergencyRecord: String?
    /// Inputs of the caller that were not used; `nil` for none.
    public private(set) var notes: [String]?
    /// The changes that OpenTofu or Terraform would make.
    public private(set) var preview: Preview.Plan?
    public private(set) var drift: DriftReport?
    /// The release that a rollback restored, or would restore.
    public private(set) var rollback: EarlierRelease?
    /// The exit code of a report without an error: 2 when something has drifted, otherwise 0.
    public var exitCode: Int32 { drift?.hasDrifted == true ? Failure.Code.drift.rawValue : 0 }
    /// The lines for people; they are not part of the JSON.
    public var lines: [String] = []

    enum CodingKeys: String, CodingKey {
        case environment, state, serial, changed, steps, next, progress, failure, holder, notes, preview, drift
        case rollback
        case instanceAddress = "instance_address"
        case dataFolder = "data_dir"
        case savedAt = "saved_at"
        case emergencyRecord = "emergency_record"
    }

    /// Creates a report of the stored environment, without lines for people.
    public init(_ stored: StoredEnvironment?, in session: EnvironmentSession) {
        environment = session.name
        dataFolder = session.repository.location
        state = stored?.document.state
        serial = stored?.serial ?? 0
        instanceAddress = stored?.document.instance?.address
        savedAt = stored?.savedAt
        next = stored.flatMap { session.next(after: $0.document) }
    }

    /// Creates a report of the stored environment, with a short remark about the result.
    public init(
        _ stored: StoredEnvironment, _ remark: String, more: [String] = [], in session: EnvironmentSession
    ) {
        self.init(stored, in: session)
        lines = ["\(stored.document) (\(remark))"] + Self.details(stored, in: session) + more
        if let next { lines.append("  next       \(next)") }
    }

    /// Creates a report of the outcome of a deployment, a rollback or a destroy.
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

    /// Returns the changes that a provider would make, as lines for people.
    public static func lines(_ changes: EnvironmentSession.PlannedChanges) -> [String] {
        switch changes {
        case .none: []
        case .refused(let reason): ["  no plan    \(reason)"]
        case .changes(let result):
            result.changes.map { "  would \($0.action) \($0.address)" }
                + ["  plan       \(result.add) to make, \(result.change) to change, \(result.remove) to remove"]
        }
    }

    /// Creates a report of the differences between what exists and what is stored.
    public init(_ drift: DriftReport, _ stored: StoredEnvironment, in session: EnvironmentSession) {
        self.init(stored, in: session)
        self.drift = drift
        lines = ["\(stored.document)", "  inspected  \(drift.checks.map(\.text).joined(separator: ", "))"]
        lines += drift.findings.map { "  differs    \($0)" }
        if !drift.hasDrifted { lines.append("  nothing differs") }
    }

    /// Creates a report of a purge.
    public init(purged: StoredEnvironment??, in session: EnvironmentSession) {
        self.init(nil, in: session)
        lines = ["nothing to do, nothing is stored of \(session.name)"]
        if let purged {
            changed = true
            serial = purged?.serial ?? 0
            lines = ["purged \(session.name): only its lock remains"]
        }
    }

    /// Returns lines with the environment's address, state and folder.
    public static func details(_ stored: StoredEnvironment, in session: EnvironmentSession) -> [String] {
        var lines: [String] = []
        if let address = stored.document.instance?.address { lines.append("  address    \(address)") }
        let since = stored.savedAt.map { ", saved \($0)" } ?? ""
        lines.append("  state      \(stored.document.state.typeName) (serial \(stored.serial)\(since))")
        lines.append("  folder     \(session.repository.workspace(for: session.name).root)")
        return lines
    }
}
