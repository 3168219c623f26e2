import CommandLineProgram
import Commands
import EnvironmentDomain

/// Something that was found, and the command line that repairs it.
struct Diagnosis: Encodable, Sendable {
    let severity: Finding.Severity
    let kind: String
    let message: String
    let isRepairedByFix: Bool
    let next: String?

    enum CodingKeys: String, CodingKey {
        case severity, kind, message, next
        case isRepairedByFix = "repaired_by_fix"
    }

    init(_ finding: Finding, isRepairedByFix: Bool? = nil, next: String?) {
        severity = finding.severity
        kind = finding.kind
        message = finding.message
        self.isRepairedByFix = isRepairedByFix ?? finding.isRepairedByLease
        self.next = next
    }
}

/// Everything that can be found out about one environment without changing it.
struct Examination: Sendable {
    let name: EnvironmentName
    let repository: any EnvironmentArchive
    let invocation: Invocation

    /// What was found, the worst first.
    func diagnoses() async -> [Diagnosis] {
        let standing = await EnvironmentLog.withHandler({ _ in }) { try? await repository.standing(of: name) }
        let holder = (try? await repository.holder(of: name)) ?? nil
        var found: [Diagnosis] = []
        for finding in await repository.examine(name) { found.append(await diagnosis(finding, standing)) }
        let hasRecord = standing?.error?.code == .recordPending
        let more = standing?.stored.map { circumstances($0, isHeld: holder != nil, hasRecord: hasRecord) } ?? []
        let all = found + more + processes(isHeld: holder != nil)
        return Finding.Severity.allCases.reversed().flatMap { severity in all.filter { $0.severity == severity } }
    }

    private func diagnosis(_ finding: Finding, _ standing: EnvironmentStanding?) async -> Diagnosis {
        if finding.severity == .problem, let standing, let error = standing.error,
            [error.code.rawValue, "emergency_record"].contains(finding.kind)
        {
            return Diagnosis(
                finding, isRepairedByFix: standing.isRepairedByFix, next: await wayOut(of: standing, error))
        }
        if finding.kind == "held" { return Diagnosis(finding, next: invocation.line("lock")) }
        return Diagnosis(finding, next: finding.isRepairedByLease ? invocation.line("doctor", "--fix") : nil)
    }

    /// The command line that leads out of damage or doubt.
    private func wayOut(of standing: EnvironmentStanding, _ error: RepositoryError) async -> String? {
        switch error.code {
        case .recordPending: return invocation.line("recover")
        case .deserializationFailed, .corruptedStateFile, .checksumMismatch, .notRegularFile: break
        // Another file was put there; the log is the environment's own.
        case .wrongEnvironment where standing.isRepairedByFix: break
        default: return nil
        }
        if (try? await repository.editedState(of: name)) != nil { return invocation.line("accept-edit") }
        // An older log was put back, or an older state of version 1: what is newer must not be given up.
        if error.code == .corruptedStateFile, let file = error.backup { return invocation.recover(file) }
        if standing.isRepairedByFix { return invocation.line("doctor", "--fix") }
        if let file = error.backup { return invocation.recover(file) }
        return (try? await repository.states(of: name).last).map { invocation.line("restore", "\($0)") }
    }

    /// What the stored state itself tells, and what it names that should be there.
    private func circumstances(_ stored: StoredEnvironment, isHeld: Bool, hasRecord: Bool) -> [Diagnosis] {
        let document = stored.document
        let context = document.context
        var found: [Diagnosis] = []
        func add(_ severity: Finding.Severity, _ kind: String, _ message: String, next: String? = nil) {
            found.append(Diagnosis(Finding(severity, kind, message), next: next))
        }
        if let freeze = context.freeze, freeze.holds() {
            add(.note, "frozen", "It is \(freeze).", next: invocation.unfreeze())
        }
        if let failure = document.failure {
            add(
                .warning, "failed", "Its step \(failure.failedStep) failed: \(failure.summary).",
                next: invocation.line("trace"))
        } else if let command = document.unfinishedCommand, !isHeld {
            let step = document.progress?.current.map { " in step \($0.name)" } ?? ""
            add(
                .warning, "interrupted", "Its \(command) was interrupted\(step).",
                next: hasRecord
                    ? invocation.line("recover")
                    : invocation.next(after: document, unconfirmed: KnownSteps().unrepeatableStep(of: document)))
        }
        if document.nextCommand != nil || document.instance != nil { provider(context.provider, add) }
        let workspace = repository.workspace(for: name)
        let key = context.sshCredentials?.privateKeyPath(in: workspace).text
        // A workflow that wants no key does not make the one that would be made for it.
        let isUnused =
            context.provider.kind == .workflow && key?.hasPrefix("\(workspace.keys)/") == true
        if document.instance != nil, let key {
            if !TextFile.exists(key), !isUnused {
                add(.warning, "key_missing", "The private key \(key) is not there.")
            } else if let mode = TextFile.mode(key), mode & 0o077 != 0 {
                add(.warning, "key_modes", "The private key \(key) is open to others; ssh will refuse it.")
            }
        }
        if let trace = document.failure?.traceFile?.text, !TextFile.exists(trace) {
            add(.note, "trace_missing", "The trace file \(trace) is not there any more.")
        }
        return found
    }

    private func provider(
        _ reference: ProviderReference, _ add: (Finding.Severity, String, String, String?) -> Void
    ) {
        do {
            _ = try ProviderChoice().provider(remembered: reference)
        } catch {
            add(.problem, "provider", Failure(error, invocations: invocation).message, nil)
        }
    }

    /// What works for the environment although no command does.
    private func processes(isHeld: Bool) -> [Diagnosis] {
        let workspace = repository.workspace(for: name)
        guard !isHeld, StepProcess.isAnyAtWork(in: workspace) else { return [] }
        let processes = StepProcess.atWork(in: workspace)
        let who =
            processes.isEmpty
            ? "one that this user may not inspect" : processes.map(\.description).joined(separator: ", ")
        return [
            Diagnosis(
                Finding(.warning, "orphans", "A process that a step of an ended command started still works: \(who)."),
                next: processes.isEmpty ? nil : (["kill"] + processes.map { "\($0.pid)" }).commandLine)
        ]
    }
}

extension EnvironmentStanding {
    /// Whether what is wrong is only the copy of the newest state for people and other programs.
    var isRepairedByFix: Bool {
        if case .doubtful(_, let error) = self { error.code != .recordPending } else { false }
    }
}
