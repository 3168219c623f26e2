import Commands
import EnvironmentDomain

/// An environment's account on its hosts, with the paths of the keys for logging in.
struct SSHAccount: Hashable, Sendable {
    let username: SSHUsername
    let privateKeyPath: AbsolutePath
    let publicKeyPath: AbsolutePath

    init(_ credentials: SSHCredentials, in workspace: Workspace) {
        username = credentials.username
        privateKeyPath = credentials.privateKeyPath(in: workspace)
        publicKeyPath = credentials.publicKeyPath(in: workspace)
    }
}

extension EnvironmentContext {
    /// Returns the account of an environment whose steps log in.
    ///
    /// - Throws: ``StepError`` with the kind `no_credentials` when the environment has none.
    func sshAccount(in workspace: Workspace) throws(StepError) -> SSHAccount {
        SSHAccount(try requiredCredentials, in: workspace)
    }

    /// The credentials of an environment whose steps log in.
    ///
    /// - Throws: ``StepError`` with the kind `no_credentials` when the environment has none.
    var requiredCredentials: SSHCredentials {
        get throws(StepError) {
            guard let sshCredentials else {
                throw StepError(
                    kind: "no_credentials",
                    summary:
                        "\(name) has no SSH credentials, and this step logs in; destroy the environment and create it "
                        + "with credentials, for example SSHCredentials.generated",
                    isRetryable: false)
            }
            return sshCredentials
        }
    }
}

extension StepContext {
    /// The account with which the step logs in.
    ///
    /// - Throws: ``StepError`` with the kind `no_credentials` when the environment has none.
    var sshAccount: SSHAccount {
        get throws(StepError) { try environment.context.sshAccount(in: workspace) }
    }
}
