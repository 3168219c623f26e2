import EnvironmentDomain

/// Looks whether one can still log in on the hosts.
struct LoginCheck: DriftCheck {
    let name = StepName(known: "ssh_login")

    func findings(_ context: StepContext) async throws -> [DriftReport.Finding] {
        let login = try SSHLogin(context)
        var findings: [DriftReport.Finding] = []
        for host in try SSHHost.all(of: context.environment) {
            let difference: String
            switch try await login.run("true", on: host) {
            case .ranCommand(status: 0): continue
            case .ranCommand(let status): difference = "the command true ends with status \(status)"
            case .noAnswer(let reason): difference = "does not answer on SSH: \(reason)"
            case .refused(let reason): difference = "refuses the key: \(reason)"
            case .hostKeyChanged: difference = "shows another host key than the one that is known"
            case .hostKeyUnknown: difference = "nothing is known of its host key"
            }
            context.log("\(host.title): \(difference)")
            findings.append(DriftReport.Finding(check: name, subject: host.title, difference: difference))
        }
        return findings
    }
}
