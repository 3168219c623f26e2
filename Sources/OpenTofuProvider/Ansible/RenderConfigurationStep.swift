import Commands
import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates the step that writes the files for SSH and Ansible from the outputs of provisioning.
    static func renderConfiguration(_ playbooks: PlaybookFolder) -> Step {
        Step("render_configuration", timeout: .seconds(60)) { step in
            let hosts = try SSHHost.all(of: step.environment)
            let configuration = AnsibleConfiguration(step)
            let omissions = try configuration.write(playbooks, hosts: hosts)
            step.log("wrote \(configuration.inventory) with \(hosts.count) host\(hosts.count == 1 ? "" : "s")")
            for omission in omissions { step.log("\(InfrastructureFolder.playbooks): \(omission)") }
            for name in playbooks.ignored {
                step.warn(
                    "\(name) is not taken for a playbook, since its name gives no name for a step; a playbook's is like "
                        + "10-base.yml")
            }
        }
    }
}
