import EnvironmentDomain
import OperatingSystem

/// Waits on every host until cloud-init is through; a host without cloud-init is ready at once.
struct WaitCloudInitStep: Step {
    let name = StepName(known: "wait_cloud_init")
    let timeout = Duration.seconds(1200)

    /// Status 0: done, 1: failed, 2 (since 23.4): done, with errors that it could work around.
    ///
    /// It makes its folder in `/run` before there is a network, and so before SSH answers: where the folder is not
    /// there, cloud-init is installed and not used, and `--wait` would wait for ever.
    private static let command =
        "if command -v cloud-init >/dev/null 2>&1 && [ -d /run/cloud-init ]; "
        + "then cloud-init status --wait --long; else echo absent; fi"

    func run(_ context: StepContext) async throws {
        let login = try SSHLogin(context)
        for host in try SSHHost.all(of: context.environment) {
            try await wait(for: host, login, context)
        }
    }

    private func wait(for host: SSHHost, _ login: SSHLogin, _ context: StepContext) async throws {
        context.log("\(host.title): waiting for cloud-init, if there is one")
        while true {
            switch try await login.run(Self.command, on: host) {
            case .ranCommand(let status):
                try judge(status, try login.output(), host, context)
                return
            case .noAnswer(let reason), .refused(let reason):
                // It may start the machine anew, or set up the login: asked again until the step's time is up.
                context.log("\(host.title): \(reason)")
                try await Task.sleep(for: .seconds(1))
            case .hostKeyChanged, .hostKeyUnknown: throw StepError.hostKeyChanged(host, context)
            }
        }
    }

    private func judge(_ status: Int32, _ output: String, _ host: SSHHost, _ context: StepContext) throws(StepError) {
        // While it waits it prints dots.
        let lines = output.textLines.map { String($0.drop { $0 == "." }) }.filter { !$0.isEmpty }
        switch status {
        case 0 where lines.first == "absent": context.log("\(host.title): there is no cloud-init")
        case 0: context.log("\(host.title): cloud-init is done")
        case 2:
            for line in lines { context.log("\(host.title): \(line)") }
            context.log("\(host.title): cloud-init is done, with errors that it could work around")
        default:
            for line in lines { context.log("\(host.title): \(line)") }
            throw StepError(
                kind: "cloud_init_error",
                summary: "cloud-init failed on \(host.title): \(lines.joined(separator: " ").prefix(500)); see "
                    + "/var/log/cloud-init-output.log there")
        }
    }
}
