import Commands
import EnvironmentDomain

extension DriftCheck {
    /// Creates the check that runs the playbooks of the configuration in check mode and reports what they would change.
    ///
    /// A playbook that fails in check mode is a difference too.
    static func playbooks(_ folder: PlaybookFolder) -> DriftCheck {
        DriftCheck("playbooks", isThorough: true) { step in
            guard Phase.configure.isReached(by: step.environment) else {
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
