import Commands
import EnvironmentDomain

extension DriftCheck {
    /// A check that logs in to each host.
    static let sshLogin = DriftCheck("ssh_login") { step in
        let login = try SSHLogin(step)
        var differences: [Difference] = []
        for host in try SSHHost.all(of: step.environment) {
            let difference: String
            switch try await login.logIn(on: host) {
            case .ranCommand: continue
            case .noShell(let reason): difference = reason
            case .noAnswer(let reason): difference = "does not answer on SSH: \(reason)"
            case .refused(let reason): difference = "refuses the key: \(reason)"
            case .hostKeyChanged: difference = "shows another host key than the one that is known"
            case .hostKeyUnknown: difference = "nothing is known of its host key"
            case .jumpKeyChanged(let entry): difference = "the jump host \(entry) shows another key than the known one"
            case .cannotRun(let reason): throw StepError.sshFailed(reason)
            }
            step.log("\(host.title): \(difference)")
            differences.append(Difference(host.title, difference))
        }
        return differences
    }
}
