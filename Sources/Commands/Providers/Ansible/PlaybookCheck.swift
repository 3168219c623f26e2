import EnvironmentDomain

/// Runs the playbooks of the configuration in check mode and looks what they would change.
struct PlaybookCheck: DriftCheck {
    let name = StepName("playbooks")
    let isThorough = true
    let folder: PlaybookFolder

    /// The states in which everything that the playbooks make should be there.
    private static let states: Set<LifecycleState> = [
        .configured, .releasing, .released, .releaseFailed, .running, .runFailed,
    ]

    /// What would be changed; a playbook that does not get to its end in check mode is a finding too.
    func findings(_ context: StepContext) async throws -> [DriftReport.Finding] {
        guard Self.states.contains(context.environment.state) else {
            context.log("it is not configured, so there is nothing to compare with")
            return []
        }
        let hosts = try SSHHost.all(of: context.environment)
        var findings: [DriftReport.Finding] = []
        for playbook in folder.playbooks[.configure] ?? [] {
            func add(_ difference: String) {
                findings.append(
                    DriftReport.Finding(check: name, subject: playbook.step.text, difference: difference))
            }
            do {
                let report = try await AnsibleRun(context, folder, hosts).run(playbook, isCheck: true)
                for change in report.changes { add("would change \(change)") }
            } catch let error as StepError where error.kind != .toolMissing {
                add("does not get to its end in check mode: \(error.summary)")
            }
        }
        return findings
    }
}
