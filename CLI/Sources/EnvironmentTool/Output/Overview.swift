import CommandLineProgram
import Commands
import EnvironmentDomain
import Persistence

/// A summary of one environment: a row of `list`, the beginning of `show`, an object of JSON.
struct Overview: Encodable, Sendable {
    let environment: EnvironmentName
    let state: LifecycleState?
    let serial: Int?
    /// When it came into the state, or the unfinished command began.
    let since: Timestamp?
    let savedAt: Timestamp?
    let instanceAddress: InstanceAddress?
    let provider: ProviderReference?
    /// The parameters of the release.
    let parameters: [ParameterName: String]?
    let command: CommandName?
    let step: Position?
    let failure: StepFailure?
    /// The last line that the failed step printed; nil when its log is not on this machine.
    let lastLine: String?
    let freeze: Freeze?
    let holder: Holder?
    let isInterrupted: Bool
    let damage: Damage?
    /// Why what is stored may not be the newest, so that nothing changes it.
    let doubt: Damage?
    let next: String?

    /// The position of an unfinished command among its steps.
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

        init(_ record: LeaseHolder) {
            self.record = record
            condition = record.condition
        }

        enum CodingKeys: String, CodingKey { case condition }

        func encode(to encoder: any Encoder) throws {
            try record.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(condition, forKey: .condition)
        }
    }

    /// A record that is newer than what is stored.
    var emergencyRecord: String? {
        doubt?.kind == RepositoryError.Code.recordPending.rawValue ? doubt?.backup : nil
    }

    /// Why what is stored cannot be known, or may not be the newest.
    struct Damage: Encodable, Sendable {
        let kind: String
        let message: String
        let backup: String?
        /// The first sentence, with the file's name instead of its path.
        let brief: String
        /// Whether this user may not read it, which says nothing about what is in it.
        var isOutOfReach: Bool { kind == RepositoryError.Code.readStateFailed.rawValue }

        enum CodingKeys: String, CodingKey { case kind, message, backup }

        init(_ error: RepositoryError, folder: AbsolutePath?) {
            kind = error.code.rawValue
            message = error.message
            backup = error.backup
            brief = error.brief(in: folder?.text)
        }
    }

    enum CodingKeys: String, CodingKey {
        case environment, state, serial, since, provider, parameters, command, step, failure, freeze, holder, damage,
            doubt, next
        case savedAt = "saved_at"
        case instanceAddress = "instance_address"
        case isInterrupted = "interrupted"
        case lastLine = "last_line"
    }

    /// Reads an environment; what cannot be read is reported and never thrown.
    ///
    /// - Returns: `nil` when nothing is stored under the name.
    init?(
        _ name: EnvironmentName, in repository: any EnvironmentArchive, _ providers: Providers, _ invocation: Invocation
    ) async {
        let workspace = repository.workspace(for: name)
        let wayOut = WayOut(name: name, repository: repository, providers: providers, invocation: invocation)
        do throws(RepositoryError) {
            let standing = try await repository.standing(of: name)
            guard let stored = standing.stored else {
                if let error = standing.error { throw error }
                return nil
            }
            let holder = try await repository.holder(of: name)
            self.init(
                stored, holder: holder, providers, doubt: standing.error, in: workspace,
                next: await wayOut.next(from: standing, isHeld: holder != nil))
        } catch {
            self.init(damaged: name, Damage(error, folder: workspace.root), next: invocation.line("doctor"))
        }
    }

    private init(damaged name: EnvironmentName, _ damage: Damage, next: String) {
        environment = name
        (state, serial, since, savedAt, instanceAddress) = (nil, nil, nil, nil, nil)
        (provider, parameters) = (nil, nil)
        (command, step, failure, lastLine, freeze, holder) = (nil, nil, nil, nil, nil, nil)
        isInterrupted = false
        self.damage = damage
        doubt = nil
        self.next = next
    }

    init(
        _ stored: StoredEnvironment, holder: LeaseHolder?, _ providers: Providers, doubt: RepositoryError?,
        in workspace: Workspace, next: String?
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
        parameters = document.context.parameters
        command = document.unfinishedCommand
        if let command, let progress = document.progress {
            let count = providers.count(command, of: document.context.provider)
            step = Position(
                name: progress.current?.name ?? document.failure?.failedStep,
                // Behind the last one when only the new state was not saved any more.
                number: min(progress.completed.count + 1, count ?? .max), of: count,
                attempt: progress.current?.attempt)
        } else {
            step = nil
        }
        failure = document.failure
        lastLine = document.failure.flatMap { failure in
            document.progress.flatMap {
                (try? StepLogFile.find(of: failure.failedStep, run: $0.commandID, in: workspace))?.lastLine
            }
        }
        freeze = document.context.freeze.flatMap { $0.holds() ? $0 : nil }
        self.holder = holder.map(Holder.init)
        isInterrupted = document.unfinishedCommand != nil && document.failure == nil && holder == nil
        damage = nil
        self.doubt = doubt.map { Damage($0, folder: workspace.root) }
        self.next = next
    }

    /// The state in a word; `DAMAGED` or `UNREADABLE` when it cannot be known.
    var stateText: String {
        guard let state else { return damage?.isOutOfReach == true ? "UNREADABLE" : "DAMAGED" }
        return state.rawValue
    }

    /// The release by its parameters, each with its value.
    var releaseText: String {
        let values = (parameters ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.onOneLine)" }
        return values.isEmpty ? "-" : values.joined(separator: " ")
    }

    /// The provider and where its steps come from.
    var providerText: String {
        guard let provider else { return "-" }
        return ([provider.kind.text] + [provider.source?.text].compactMap(\.self)).joined(separator: " ")
    }

    /// Green for what is done, red for what failed or is damaged, yellow for what waits, is held or frozen.
    var stateStyle: Style? {
        guard let state, damage == nil, failure == nil, doubt == nil else { return .red }
        if isInterrupted || holder != nil || freeze != nil { return .yellow }
        switch state {
        case .created, .destroyed: return .dim
        default: return command == nil ? .green : .yellow
        }
    }

    /// How the step failed, and the last line that it printed.
    func reason(of failure: StepFailure, kind: String? = nil) -> String {
        let last = lastLine.flatMap { failure.summary.contains($0) ? nil : $0 }
        let summary = failure.summary + (kind.map { " (\($0))" } ?? "")
        return [summary, last].compactMap(\.self).map(\.onOneLine).joined(separator: ": ")
    }

    /// What the other columns of a row do not say, the most urgent first.
    var remark: String {
        if let damage { return damage.brief.onOneLine }
        var remarks = [doubt.map { $0.brief.onOneLine }].compactMap(\.self)
        if let holder {
            let pid = holder.record.pid.map { "\($0)" } ?? "unknown"
            let condition = holder.condition == .alive ? nil : holder.condition.rawValue
            // The state names the command that works; others, such as `freeze`, have a word of their own.
            let work = holder.record.command == command ? nil : holder.record.command?.rawValue ?? "?"
            let words = [work, condition].compactMap(\.self)
            remarks.append("held by \(pid)\(words.isEmpty ? "" : " (\(words.joined(separator: ", ")))")")
        }
        // Only a destroy has no state of its own.
        if isInterrupted { remarks.append(command == .destroy ? "destroy interrupted" : "interrupted") }
        if let freeze { remarks.append("frozen: \(freeze.reason.onOneLine)") }
        if let failure {
            let step = step?.name == failure.failedStep ? "" : "\(failure.failedStep): "
            remarks.append(step + reason(of: failure))
        }
        return remarks.joined(separator: "; ")
    }
}
