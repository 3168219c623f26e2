import Commands
import EnvironmentDomain
import OperatingSystem

extension Step {
    /// Creates the step that waits until a login to every host works.
    static func waitSSHConnectivity(_ patience: SSHPatience) -> Step {
        // The deadline of the wait is earlier than the timeout, since its error has the reasons.
        Step("wait_ssh_connectivity", timeout: patience.answer + .seconds(120)) { step in
            try await SSHConnectivity(patience: patience).wait(step)
        }
    }
}

/// The wait until a login to every host works, which also learns the hosts' keys.
///
/// A host that does not answer is tried again until ``SSHPatience/answer`` has passed. A host that refuses the key, or
/// whose login shell runs no command, is tried again until ``SSHPatience/refusal`` has passed. A changed host key or a
/// failure of `ssh` itself ends the wait at once.
private struct SSHConnectivity: Sendable {
    let patience: SSHPatience

    private static let pauses: [Duration] = [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2)]
    private static let longestPause = Duration.seconds(5)

    func wait(_ context: StepContext) async throws {
        let hosts = try SSHHost.all(of: context.environment)
        guard !hosts.isEmpty else {
            if context.environment.context.outputs[OutputKey.hosts.name] != nil {
                context.log("the output hosts is empty, so there is no host to wait for")
                return
            }
            throw StepError(
                kind: "no_hosts", summary: "provisioning set no output hosts, so there is no host to wait for")
        }
        let login = try SSHLogin(context)
        try SSHConfiguration(context.workspace).write(hosts, context.environment.context, context.sshAccount)
        let clock = ContinuousClock()
        let start = clock.now
        var waiting = hosts.map { Wait(host: $0) }
        for attempt in 1... {
            for index in waiting.indices {
                try await ask(&waiting[index], attempt, login, clock, until: start + patience.answer, context)
            }
            waiting.removeAll(where: \.isDone)
            if waiting.isEmpty { return }
            guard clock.now - start < patience.answer else {
                // Report a refusal even when the time was too short to try it three times.
                let refusals = waiting.compactMap(\.refusal)
                throw refusals.count == waiting.count ? refusals[0] : noAnswer(waiting, attempts: attempt)
            }
            try await Task.sleep(for: Self.pauses.dropFirst(attempt - 1).first ?? Self.longestPause)
        }
    }

    private struct Wait {
        let host: SSHHost
        var isDone = false
        var reason = ""
        var refusedSince: ContinuousClock.Instant?
        var refusals = 0
        /// The error to throw when the host keeps refusing; `nil` when it does not answer.
        var refusal: StepError?
    }

    private func ask(
        _ wait: inout Wait, _ attempt: Int, _ login: SSHLogin, _ clock: ContinuousClock,
        until end: ContinuousClock.Instant, _ context: StepContext
    ) async throws {
        let host = wait.host
        func say(_ what: String) { context.log("\(host.title), attempt \(attempt): \(what)") }
        func refuse(_ reason: String, _ error: (Int) -> StepError) throws {
            wait.reason = reason
            let since = wait.refusedSince ?? clock.now
            wait.refusedSince = since
            wait.refusals += 1
            let refusal = error(wait.refusals)
            wait.refusal = refusal
            if wait.refusals >= 3 && clock.now - since >= patience.refusal { throw refusal }
        }
        switch try await login.logIn(on: host, learnsKey: true, patience: end - clock.now) {
        case .ranCommand:
            say("logged in")
            wait.isDone = true
        case .noShell(let reason):
            say(reason)
            try refuse(reason) { _ in
                StepError(
                    kind: "no_login_shell",
                    summary: "\(host.title): \(reason); give \(host.user) a login shell that runs commands")
            }
        case .noAnswer(let reason):
            wait.reason = reason
            wait.refusedSince = nil
            wait.refusal = nil
            say("no answer: \(reason)")
        case .refused(let reason):
            say("refused: \(reason)")
            try refuse(reason) { refused(host, reason, $0, context) }
        case .hostKeyChanged, .hostKeyUnknown:
            say("its host key is not the one that is known")
            throw StepError.hostKeyChanged(host, context)
        case .jumpKeyChanged(let entry): throw StepError.jumpKeyChanged(entry, context)
        case .cannotRun(let reason):
            say("ssh failed: \(reason)")
            throw StepError.sshFailed(reason)
        }
    }

    private func refused(_ host: SSHHost, _ reason: String, _ count: Int, _ context: StepContext) -> StepError {
        let credentials = context.environment.context.sshCredentials
        let key = credentials.map { "the public key \($0.publicKeyPath(in: context.workspace))" } ?? "the public key"
        let jump = context.environment.context.sshJump.map {
            ", and one that the jump hosts (\($0)) accept must be this one or in your agent"
        }
        return StepError(
            kind: "authentication_refused",
            summary: "\(host.title) refused the key \(count) times (\(reason)); \(key) must be in the "
                + "authorized_keys of \(host.user) there\(jump ?? "")")
    }

    private func noAnswer(_ waiting: [Wait], attempts: Int) -> StepError {
        let reasons = waiting.map { "\($0.host.title), the last reason: \($0.reason)" }.joined(separator: "; ")
        return StepError(
            kind: "no_answer",
            summary: "no login over SSH within \(patience.answer.seconds) s and \(attempts) attempts on \(reasons)")
    }
}

extension StepError {
    /// Returns the error for `ssh` failing on this machine, before it connected to a host.
    static func sshFailed(_ reason: String) -> StepError {
        StepError(kind: "ssh_failed", summary: "ssh itself failed on this machine, and no host was asked: \(reason)")
    }

    /// Returns the error for a jump host whose key differs from the one that was learned.
    static func jumpKeyChanged(_ entry: String, _ context: StepContext) -> StepError {
        let file = SSHConfiguration(context.workspace).knownHostsPath
        return StepError(
            kind: "host_key_changed",
            summary:
                "the jump host \(entry) shows another host key than the one in \(file): somebody else may answer in its "
                + "place. If its key was changed on purpose, forget the old one (ssh-keygen -R '\(entry)' -f '\(file)'); "
                + "the next login learns the new one")
    }

    /// Returns the error for a host whose key differs from the known one, or whose key is not known after the first
    /// login.
    static func hostKeyChanged(_ host: SSHHost, _ context: StepContext) -> StepError {
        let entry = host.port.number == 22 ? host.address.text : "[\(host.address)]:\(host.port)"
        let file = SSHConfiguration(context.workspace).knownHostsPath
        return StepError(
            kind: "host_key_changed",
            summary:
                "\(host.title) shows another host key than the one in \(file): somebody else may answer in its place."
                + " If the host was made again on purpose, forget its old key (ssh-keygen -R '\(entry)' -f '\(file)') and "
                + "learn the new one (ssh -F '\(SSHConfiguration(context.workspace).path)' "
                + "-o StrictHostKeyChecking=accept-new \(host.name) true)")
    }
}
