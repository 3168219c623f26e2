import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

extension Step {
    /// The step that waits until cloud-init is done on every host.
    static let waitCloudInit = Step("wait_cloud_init", timeout: .seconds(1200)) { step in
        try await CloudInit().wait(step)
    }
}

/// The wait for cloud-init on every host; a host without cloud-init is ready at once.
private struct CloudInit: Sendable {
    /// The script that waits on a host.
    ///
    /// Its exit status is 0 when cloud-init is done, 1 when it failed, and 2 (since version 23.4) when it is done with
    /// recoverable errors.
    ///
    /// cloud-init creates its folder in `/run` before the network, and therefore before SSH, is up. If the folder is
    /// missing, cloud-init is installed but not used, and `--wait` would wait forever. Versions before 17.2 have no
    /// `status`, and the parser's error also exits with status 2. For them, the script waits for the file that the last
    /// stage of each boot writes.
    private static let script = RemoteScript(
        "if command -v cloud-init >/dev/null 2>&1 && [ -d /run/cloud-init ]; then "
            + "if cloud-init status --help 2>/dev/null | grep -q -e --wait; then exec cloud-init status --wait --long; "
            + "else echo \(old); until [ -s /run/cloud-init/result.json ]; do sleep 1; done; "
            + "cat /run/cloud-init/result.json; fi; else echo \(absent); fi")
    private static let absent = "absent"
    private static let old = "without-status"

    func wait(_ context: StepContext) async throws {
        let login = try SSHLogin(context)
        for host in try SSHHost.all(of: context.environment) {
            try await wait(for: host, login, context)
        }
    }

    private func wait(for host: SSHHost, _ login: SSHLogin, _ context: StepContext) async throws {
        context.log("\(host.title): waiting for cloud-init, if there is one")
        while true {
            switch try await login.run(Self.script.command, on: host) {
            case .ranCommand(let status):
                try judge(status, try login.output(), host, context)
                return
            case .noAnswer(let reason), .refused(let reason), .noShell(let reason):
                // cloud-init may restart the machine or set up the login, so retry until the step's timeout.
                context.log("\(host.title): \(reason)")
                try await Task.sleep(for: .seconds(1))
            case .hostKeyChanged, .hostKeyUnknown: throw StepError.hostKeyChanged(host, context)
            case .jumpKeyChanged(let entry): throw StepError.jumpKeyChanged(entry, context)
            case .cannotRun(let reason): throw StepError.sshFailed(reason)
            }
        }
    }

    private func judge(_ status: Int32, _ output: String, _ host: SSHHost, _ context: StepContext) throws(StepError) {
        // cloud-init prints dots while it waits.
        let lines = (Self.script.output(in: output) ?? output.textLines.map { String($0) })
            .map { String($0.drop { $0 == "." }) }.filter { !$0.isEmpty }
        switch (status, lines.first) {
        case (0, Self.absent): context.log("\(host.title): there is no cloud-init")
        case (0, Self.old):
            let errors = try Self.errors(lines.dropFirst().joined(separator: "\n"), on: host)
            guard errors.isEmpty else { throw failed(host, errors, context) }
            context.log("\(host.title): cloud-init is done")
        case (0, _): context.log("\(host.title): cloud-init is done")
        case (2, _) where lines.contains { $0.hasPrefix("status: ") }:
            for line in lines { context.log("\(host.title): \(line)") }
            context.log("\(host.title): cloud-init is done, with errors that it could work around")
        default: throw failed(host, lines.isEmpty ? ["its status could not be read (\(status))"] : lines, context)
        }
    }

    private func failed(_ host: SSHHost, _ lines: [String], _ context: StepContext) -> StepError {
        for line in lines { context.log("\(host.title): \(line)") }
        return StepError(
            kind: "cloud_init_error",
            summary: "cloud-init failed on \(host.title): \(lines.joined(separator: " ").prefix(500)); see "
                + "/var/log/cloud-init-output.log there")
    }

    private struct Result: Decodable {
        struct Version: Decodable { let errors: [String] }
        let v1: Version
    }

    /// Returns the errors in the file of a version without `status`.
    private static func errors(_ text: String, on host: SSHHost) throws(StepError) -> [String] {
        do {
            return try JSONTextDecoder().decode(Result.self, from: Array(text.utf8)).v1.errors
        } catch {
            throw StepError(
                kind: "cloud_init_error",
                summary: "/run/cloud-init/result.json on \(host.title) cannot be read: \(text.prefix(200))")
        }
    }
}
