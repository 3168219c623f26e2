import Commands
import EnvironmentDomain

extension DriftCheck {
    /// The states in which the changes of all configure playbooks should exist.
    private static let configuredStates: Set<LifecycleState> = [
        .configured, .releasing, .released, .releaseFailed, .running, .runFailed,
    ]

    /// Creates the check that runs the configure playbooks in check mode and reports the changes that they would make.
    ///
    /// A playbook that fails in check mode is a difference too.
    static func playbooks(_ folder: PlaybookFolder) -> DriftCheck {
        DriftCheck("playbooks", isThorough: true) { step in
            guard configuredStates.contains(step.environment.state) else {
                step.log("it is not configured, so there is nothing to compare with")
                return []
            }
            let hosts = try SSHHost.all(of: step.environment)
            var differences: [Difference] = []
            for playbook in folder.playbooks[.configure] ?? [] {
                func add(_ difference: String) { differences.append(Difference(playbook.step.text, difference)) }
                do {
                    let report = try await AnsibleRun(step, folder, hosts).run(playbook, isCheck: true)
                    for change in report.changes { add("would change \(change)") }
                } catch let error as StepError where error.kind != .toolMissing {
                    add("does not get to its end in check mode: \(error.summary)")
                }
            }
            return differences
        }
    }
}
