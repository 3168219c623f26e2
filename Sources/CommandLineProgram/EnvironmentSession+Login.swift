import Commands
import EnvironmentDomain

extension EnvironmentSession {
    /// Returns a closure that creates the environment, for the case that nothing is stored.
    func description(
        _ provider: Provider, isNew: Bool
    ) async throws -> () -> Environment<Created> {
        let workspace = repository.workspace(for: name)
        let (credentials, port, jump) = try login.credentials(in: workspace)
        // The key is only checked for a new environment, because an environment keeps the key that it was created with.
        if isNew, let key = login.key, let check = provider.loginCheck {
            do {
                try await check(credentials, workspace)
            } catch {
                throw Failure(.usage, error.kind.rawValue, "--ssh-key \(key): \(error.summary). Nothing was done.")
            }
        }
        return { [name] in
            Environment(
                name: name, sshCredentials: credentials, sshPort: port, sshJump: jump, provider: provider.reference)
        }
    }

    /// Throws, before a step runs, when the SSH key of a stored environment no longer works and the provider needs it.
    func checkKey(of environment: AnyEnvironmentState, _ provider: Provider) async throws {
        let workspace = repository.workspace(for: name)
        // The environment's steps generate the key pair in its own folder.
        guard let check = provider.loginCheck, let credentials = environment.context.sshCredentials,
            !credentials.privateKeyPath(in: workspace).text.hasPrefix("\(workspace.keys)/")
        else { return }
        do {
            try await check(credentials, workspace)
        } catch {
            throw Failure(
                .usage, error.kind.rawValue,
                "\(name) logs in with an SSH key that cannot be used: \(error.summary). Nothing was done.")
        }
    }

    /// Throws when SSH settings differ from those that the environment was created with.
    func checkLogin(of environment: AnyEnvironmentState) throws {
        let differences = try login.differences(from: environment.context, in: repository.workspace(for: name))
        guard !differences.isEmpty else { return }
        throw Failure(
            .wrongState, "wrong_state",
            "\(name) keeps the SSH settings that it was created with, and \(differences.joined(separator: ", and ")). "
                + "Nothing was done. Leave the option out; with other settings an environment is created under another "
                + "name, or under this one after a destroy and a purge.",
            next: invocations.look())
    }
}
