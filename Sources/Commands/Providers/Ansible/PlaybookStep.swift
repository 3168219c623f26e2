import EnvironmentDomain
import OperatingSystem

/// Runs one playbook over all hosts.
struct PlaybookStep: Step {
    let playbook: PlaybookFolder.Playbook
    let folder: PlaybookFolder

    var name: StepName { playbook.step }
    var timeout: Duration { .seconds(3600) }

    func run(_ context: StepContext) async throws {
        let hosts = try SSHHost.all(of: context.environment)
        if hosts.isEmpty && context.command == .destroy {
            context.log("there are no hosts, so there is nothing to do on them")
            return
        }
        let report = try await AnsibleRun(context, folder, hosts).run(playbook)
        context.log(report.changes.isEmpty ? "nothing was changed" : "changed: \(report.changes.count)")
    }
}
