import EnvironmentDomain

/// Checks that a login on each host works.
struct LoginCheck: DriftCheck {
    let name = StepName("ssh_login")

    func findings(_ context: StepContext) async throws -> [DriftReport.Finding] {
        let login = try SSHLogin(context)
        var findings: [DriftReport.Finding] = []
        for host in try SSHHost.all(of: context.environment) {
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
            context.log("\(host.title): \(difference)")
            findings.append(DriftReport.Finding(check: name, subject: host.title, difference: difference))
        }
        return findings
    }
}
