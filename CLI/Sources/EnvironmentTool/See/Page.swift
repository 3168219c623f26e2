import CommandLineProgram
import Commands
import EnvironmentDomain
import Persistence

/// The page of one environment.
struct Page: Encodable, Sendable {
    let overview: Overview
    let stored: StoredEnvironment
    let isEarlier: Bool
    let folder: String
    let location: String
    private let clock: WallClock

    init(
        _ overview: Overview, _ stored: StoredEnvironment, isEarlier: Bool, repository: any EnvironmentArchive,
        clock: WallClock
    ) {
        self.overview = overview
        self.stored = stored
        self.isEarlier = isEarlier
        folder = repository.workspace(for: overview.environment).root.text
        location = repository.location
        self.clock = clock
    }

    enum CodingKeys: String, CodingKey {
        case folder, outputs, progress, destruction, lineage
        case emergencyRecord = "emergency_record"
        case dataFolder = "data_dir"
        case instanceName = "instance_name"
        case credentials = "ssh_credentials"
        case port = "ssh_port"
        case jump = "ssh_jump"
        case createdAt = "created_at"
    }

    func encode(to encoder: any Encoder) throws {
        try overview.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        let context = stored.document.context
        try container.encode(folder, forKey: .folder)
        try container.encode(location, forKey: .dataFolder)
        try container.encodeIfPresent(overview.emergencyRecord, forKey: .emergencyRecord)
        try container.encodeIfPresent(stored.lineage, forKey: .lineage)
        try container.encode(context.instanceName, forKey: .instanceName)
        try container.encodeIfPresent(context.sshCredentials, forKey: .credentials)
        try container.encode(context.sshPort, forKey: .port)
        try container.encodeIfPresent(context.sshJump, forKey: .jump)
        try container.encode(context.createdAt, forKey: .createdAt)
        try container.encode(context.outputs, forKey: .outputs)
        try container.encodeIfPresent(stored.document.progress, forKey: .progress)
        try container.encodeIfPresent(context.destruction, forKey: .destruction)
    }

    var lines: [String] {
        let context = stored.document.context
        var details = Details()
        let serial = stored.serial == 0 ? "a bare document without a serial" : "serial \(stored.serial)"
        details.add("saved", "\(serial)\(stored.savedAt.map { ", \(clock.withAge($0))" } ?? "")")
        if overview.since != stored.savedAt { details.add("since", overview.since.map(clock.withAge)) }
        if let command = overview.command {
            details.add("command", command.rawValue + (overview.isInterrupted ? ", interrupted" : ""))
        }
        details.add("step", overview.step.map(text))
        if let failure = overview.failure {
            details.add("failed", "\(failure.failedStep): \(overview.reason(of: failure, kind: failure.errorKind))")
            details.add("trace", failure.traceFile?.text)
            for action in failure.actions { details.add("to do", command: action.description) }
        }
        if let progress = stored.document.progress, overview.command != nil {
            let done = progress.completed.map(\.name.text).joined(separator: ", ")
            details.add("completed", done.isEmpty ? "no step" : done)
        }
        details.add("frozen", context.freeze.map { $0.holds() ? $0.description : "no more; was \($0)" })
        details.add("record", overview.emergencyRecord.map { "\($0) is newer than what is stored" })
        details.add("doubt", overview.emergencyRecord == nil ? overview.doubt?.message : nil)
        details.add("held by", overview.holder.map { "\($0.record), \($0.condition.rawValue)" })
        details.add("address", overview.instanceAddress?.text)
        details.add(
            "login",
            context.sshCredentials.map { credentials in
                let key = credentials.privateKeyPath.map { "\($0)" } ?? "a generated key"
                return "\(credentials.username) with \(key), port \(context.sshPort)"
                    + (context.sshJump.map { ", through \($0)" } ?? "")
            })
        details.add("provider", context.provider.kind.text + (context.provider.source.map { " \($0)" } ?? ""))
        for (name, value) in context.outputs.sorted(by: { $0.key < $1.key }) {
            details.add("output", "\(name)=\(value.onOneLine)")
        }
        for (name, value) in context.parameters.sorted(by: { $0.key < $1.key }) {
            details.add("parameter", "\(name)=\(value.onOneLine)")
        }
        details.add("created", clock.withAge(context.createdAt))
        details.add("folder", folder)
        details.add("next", command: overview.next)
        let state = "Environment '\(overview.environment)' \(isEarlier ? "was" : "is") in state: \(overview.stateText)"
        return [state] + details.lines
    }

    private func text(_ position: Overview.Position) -> String {
        let count = position.of.map { " of \($0)" } ?? ""
        let attempt = position.attempt.map { ", attempt \($0)" } ?? ""
        return "\(position.number)\(count)\(position.name.map { ", \($0)" } ?? "")\(attempt)"
    }
}

extension Session {
    /// The page of an environment as it is stored now.
    func page(of name: EnvironmentName) async throws -> Page {
        let standing = try await repository.standing(of: name)
        guard let stored = standing.stored else {
            if let error = standing.error { throw error }
            throw try await notFound(name)
        }
        let holder = try await repository.holder(of: name)
        // Read again for each picture, since a workflow may be changed while it is shown.
        let providers = Providers(own: providers.own)
        let wayOut = WayOut(
            name: name, repository: repository, providers: providers, invocation: invocation(name))
        return Page(
            Overview(
                stored, holder: holder, providers, doubt: standing.error, in: repository.workspace(for: name),
                next: await wayOut.next(from: standing, isHeld: holder != nil)), stored, isEarlier: false,
            repository: repository, clock: global.clock)
    }
}
