import CommandLineProgram
import Commands
import EnvironmentDomain

/// Everything that can be found out about one environment without changing it.
struct Examination: Sendable {
    let name: EnvironmentName
    let repository: any EnvironmentArchive
    let providers: Providers
    let invocation: Invocation

    private var wayOut: WayOut {
        WayOut(name: name, repository: repository, providers: providers, invocation: invocation)
    }

    /// What is stored, and what was found, the worst first.
    func diagnoses() async -> (standing: EnvironmentStanding?, found: [Diagnosis]) {
        let standing = await EnvironmentLog.withHandler({ _ in }) { try? await repository.standing(of: name) }
        let holder = (try? await repository.holder(of: name)) ?? nil
        var found: [Diagnosis] = []
        for finding in await repository.examine(name) { found.append(await diagnosis(finding, standing)) }
        let hasRecord = standing?.error?.code == .recordPending
        let more = standing?.stored.map { circumstances($0, isHeld: holder != nil, hasRecord: hasRecord) } ?? []
        let backlog = await Outbox.current(repository).backlog(of: name).map { backlog in
            Diagnosis(Finding(.warning, "notifications", backlog.message), next: invocation.line("notify"))
        }
        let all = found + more + processes(isHeld: holder != nil) + backlog
        let sorted = Finding.Severity.allCases.reversed().flatMap { severity in
            all.filter { $0.severity == severity }
        }
        return (standing, sorted)
    }

    private func diagnosis(_ finding: Finding, _ standing: EnvironmentStanding?) async -> Diagnosis {
        if finding.severity == .problem, let standing, let error = standing.error,
            [error.code.rawValue, "emergency_record"].contains(finding.kind)
        {
            return Diagnosis(
                finding, isRepairedByFix: standing.isRepairedByFix, next: await wayOut.repair(of: standing, error))
        }
        if finding.kind == "held" { return Diagnosis(finding, next: invocation.line("lock")) }
        return Diagnosis(finding, next: finding.isRepairedByLease ? invocation.line("doctor", "--fix") : nil)
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
            add(.note, "frozen", "It is \(freeze).", next: wayOut.next(after: document))
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
                    : wayOut.next(after: document))
        }
        if document.nextCommand != nil || document.instance != nil { provider(context.provider, add) }
        let workspace = repository.workspace(for: name)
        let key = context.sshCredentials?.privateKeyPath(in: workspace).text
        // Only these make the key that is generated for the environment; the steps of others may do without.
        let isUnused =
            ![.local, .opentofu].contains(context.provider.kind) && key?.hasPrefix("\(workspace.keys)/") == true
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
            _ = try ProviderChoice().provider(remembered: reference, in: providers)
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
