import CommandLineProgram
import Commands
import EnvironmentDomain
import Persistence

/// What can be said of an environment at one look: the row of a table, the beginning of a page, an object of JSON.
struct Overview: Encodable, Sendable {
    let environment: EnvironmentName
    let state: LifecycleState?
    let serial: Int?
    /// When it came into the state, or the unfinished command began.
    let since: Timestamp?
    let savedAt: Timestamp?
    let instanceAddress: InstanceAddress?
    let provider: ProviderReference?
    let command: CommandName?
    let step: Position?
    let failure: StepFailure?
    let freeze: Freeze?
    let holder: Holder?
    let isInterrupted: Bool
    let damage: Damage?
    let next: String?

    /// Where an unfinished command stands among its steps.
    struct Position: Encodable, Sendable {
        let name: StepName?
        /// 1 for the first step.
        let number: Int
        /// How many there are; nil when the provider's steps cannot be read.
        let of: Int?
        let attempt: Int?

        var text: String { "\(number)/\(of.map { "\($0)" } ?? "?")\(name.map { " \($0)" } ?? "")" }
    }

    /// Who holds it, and what can be known of that process.
    struct Holder: Encodable, Sendable {
        let record: LeaseHolder
        let condition: HolderCondition

        enum CodingKeys: String, CodingKey { case condition }

        func encode(to encoder: any Encoder) throws {
            try record.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(condition, forKey: .condition)
        }
    }

    /// Why what is stored cannot be read.
    struct Damage: Encodable, Sendable {
        let kind: String
        let message: String
        let backup: String?
        /// The first sentence, with the file's name instead of its path.
        let brief: String
        /// Whether this user may not read it, which says nothing about what is in it.
        var isOutOfReach: Bool { kind == RepositoryError.Code.readStateFailed.rawValue }

        enum CodingKeys: String, CodingKey { case kind, message, backup }

        init(_ kind: String, _ message: String, backup: String? = nil, folder: AbsolutePath) {
            self.kind = kind
            self.message = message
            self.backup = backup
            brief = String(message.replacing("\(folder)/", with: "").prefix(upTo: ". "))
        }
    }

    enum CodingKeys: String, CodingKey {
        case environment, state, serial, since, provider, command, step, failure, freeze, holder, damage, next
        case savedAt = "saved_at"
        case instanceAddress = "instance_address"
        case isInterrupted = "interrupted"
    }

    /// Looks at an environment; what cannot be read is told and never thrown.
    ///
    /// - Returns: nil when nothing is stored under the name.
    init?(
        _ name: EnvironmentName, in repository: any EnvironmentArchive, steps: KnownSteps, invocation: Invocation
    ) async {
        do throws(RepositoryError) {
            guard let stored = try await repository.load(name) else {
                guard let lost = await repository.examine(name).first(where: { $0.kind == "state_missing" }) else {
                    return nil
                }
                self.init(
                    damaged: name, Damage(lost.kind, lost.message, folder: repository.workspace(for: name).root),
                    next: invocation.line("doctor"))
                return
            }
            let holder = try await repository.holder(of: name)
            // Only what is unfinished can have a record that is worth a look, and there may be thousands to look at.
            let record =
                stored.document.unfinishedCommand == nil ? nil : try await repository.emergencyRecord(of: name)
            self.init(stored, holder: holder, steps: steps, record: record, invocation: invocation)
        } catch {
            self.init(
                damaged: name,
                Damage(
                    error.code.rawValue, error.message, backup: error.backup,
                    folder: repository.workspace(for: name).root),
                next: invocation.line("doctor"))
        }
    }

    private init(damaged name: EnvironmentName, _ damage: Damage, next: String) {
        environment = name
        (state, serial, since, savedAt, instanceAddress, provider) = (nil, nil, nil, nil, nil, nil)
        (command, step, failure, freeze, holder) = (nil, nil, nil, nil, nil)
        isInterrupted = false
        self.damage = damage
        self.next = next
    }

    init(
        _ stored: StoredEnvironment, holder: LeaseHolder?, steps: KnownSteps, record: String?, invocation: Invocation
    ) {
        let document = stored.document
        environment = document.name
        state = document.state
        serial = stored.serial
        savedAt = stored.savedAt
        since =
            document.failure?.failedAt
            ?? (document.unfinishedCommand == nil ? stored.savedAt : document.progress?.startedAt)
        instanceAddress = document.instance?.address
        provider = document.context.provider
        command = document.unfinishedCommand
        if let command, let progress = document.progress {
            let count = steps.count(command, of: document.context.provider)
            step = Position(
                name: progress.current?.name ?? document.failure?.failedStep,
                // Behind the last one when only the new state was not saved any more.
                number: min(progress.completed.count + 1, count ?? .max), of: count,
                attempt: progress.current?.attempt)
        } else {
            step = nil
        }
        failure = document.failure
        freeze = document.context.freeze.flatMap { $0.holds() ? $0 : nil }
        self.holder = holder.map { Holder(record: $0, condition: $0.condition) }
        isInterrupted = document.unfinishedCommand != nil && document.failure == nil && holder == nil
        damage = nil
        next = invocation.next(after: document, isHeld: holder != nil, record: record, steps)
    }

    /// The state in a word, with what makes it special.
    var stateText: String {
        guard let state else { return damage?.isOutOfReach == true ? "UNREADABLE" : "DAMAGED" }
        return state.rawValue
    }

    /// What is worth a remark, the most urgent first.
    var remark: String {
        if let damage { return damage.brief.onOneLine }
        var remarks: [String] = []
        if let holder {
            let pid = holder.record.pid.map { "\($0)" } ?? "unknown"
            let condition = holder.condition == .alive ? "" : ", \(holder.condition.rawValue)"
            remarks.append("held by \(pid) (\(holder.record.command?.rawValue ?? "?")\(condition))")
        }
        if isInterrupted { remarks.append("\(command?.rawValue ?? "") interrupted") }
        if let freeze { remarks.append("frozen: \(freeze.reason.onOneLine)") }
        if let failure { remarks.append("\(failure.failedStep): \(failure.summary.onOneLine)") }
        return remarks.joined(separator: "; ")
    }
}

extension String {
    /// What stands before the end of the first sentence; all when there is only one.
    fileprivate func prefix(upTo end: String) -> Substring {
        firstRange(of: end).map { self[..<$0.lowerBound] } ?? self[...]
    }
}
