import Commands
import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates a step that runs one playbook with all hosts in the inventory.
    static func playbook(_ playbook: PlaybookFolder.Playbook, in folder: PlaybookFolder) -> Step {
        Step(playbook.step, timeout: .seconds(3600)) { step in
            let hosts = try SSHHost.all(of: step.environment)
            if hosts.isEmpty && step.command == .destroy {
                step.log("there are no hosts, so there is nothing to do on them")
                return
            }
            let report = try await AnsibleRun(step, folder, hosts).run(playbook)
            step.log(report.changes.isEmpty ? "nothing was changed" : "changed: \(report.changes.count)")
        }
    }
}
