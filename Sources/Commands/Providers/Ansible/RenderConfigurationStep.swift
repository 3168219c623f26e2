import EnvironmentDomain
import OperatingSystem

/// Writes what SSH and Ansible read, from what provisioning handed on.
struct RenderConfigurationStep: Step {
    let name = StepName(known: "render_configuration")
    let timeout = Duration.seconds(60)
    let playbooks: PlaybookFolder

    func run(_ context: StepContext) async throws {
        let hosts = try SSHHost.all(of: context.environment)
        let configuration = AnsibleConfiguration(context)
        let omissions = try configuration.write(playbooks, hosts: hosts)
        context.log("wrote \(configuration.inventory) with \(hosts.count) host\(hosts.count == 1 ? "" : "s")")
        for omission in omissions { context.log("\(InfrastructureFolder.playbooks): \(omission)") }
        for name in playbooks.ignored {
            context.warn(
                "\(name) is not taken for a playbook, since its name gives no name for a step; a playbook's is like "
                    + "10-base.yml")
        }
    }
}
