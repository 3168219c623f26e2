import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem
import Synchronization

/// The program OpenTofu or Terraform, with its environment variables.
struct ToolProgram: Hashable, Sendable {
    /// The absolute path of the program.
    let path: String

    /// The output that stores the path of the program with the environment, since OpenTofu may be unable to read a
    /// state of Terraform, and vice versa.
    static let output = OutputKey<String>("infrastructure_tool")

    /// Finds the program: the named one, or else the one that the environment was made with, or else `tofu`, or else
    /// `terraform`.
    ///
    /// - Parameters:
    ///   - named: The path or name of the program; `nil` for none.
    ///   - remembered: The path of the program that the environment was made with; `nil` for none.
    /// - Throws: ``StepError`` with the kind `tool_missing`.
    init(named: String?, remembered: String?) throws(StepError) {
        if let named {
            let path = named.has("/") ? try? absolutePath(named) : ThisProcess.findProgram(named)
            guard let path, ThisProcess.isProgram(path) else {
                throw StepError(
                    kind: .toolMissing,
                    summary: "\(named) is not there, or is not a program that can be started. \(Self.advice)")
            }
            self.path = path
        } else if let remembered {
            guard ThisProcess.isProgram(remembered) else {
                throw StepError(
                    kind: .toolMissing,
                    summary:
                        "\(remembered), which this environment was made with, is not there any more. Install it again, "
                        + "or name the same program at its new path")
            }
            path = remembered
        } else if let found = ThisProcess.findProgram("tofu") ?? ThisProcess.findProgram("terraform") {
            path = found
        } else {
            throw StepError(
                kind: .toolMissing, summary: "neither tofu nor terraform is on the PATH. \(Self.advice)")
        }
    }

    private static let advice =
        "OpenTofu is to be had at https://opentofu.org/docs/intro/install, Terraform at "
        + "https://developer.hashicorp.com/terraform/install"

    /// The program's name for people.
    var name: String { lastComponent(of: path) }

    // MARK: Environment variables

    /// Returns the environment variables for the program, besides those that every program of a step gets.
    ///
    /// The caller's other variables, such as `TF_CLI_ARGS`, `TF_DATA_DIR`, `TF_WORKSPACE` and `TF_LOG`, are not passed.
    /// They would change the behaviour or the place of the state, or write secrets into logs.
    ///
    /// - Parameters:
    ///   - build: The environment's build folder.
    ///   - inherited: The names of further variables to pass; a name that ends in `*` is a prefix.
    ///   - run: The run of the command.
    func variables(_ build: BuildFolder, inherited: [String], run: CommandRun) -> [String: String] {
        var variables: [String: String] = [:]
        let rules = Self.passed + inherited
        for (name, value) in ThisProcess.variables where rules.contains(where: { Self.matches(name, $0) }) {
            variables[name] = value
        }
        variables["TF_IN_AUTOMATION"] = "1"
        variables["TF_INPUT"] = "0"
        variables["CHECKPOINT_DISABLE"] = "1"
        // Git downloads modules and must not ask for a password, since there is no terminal.
        variables["GIT_TERMINAL_PROMPT"] = "0"
        variables["TF_CLI_CONFIG_FILE"] = configuration(build, run)
        return variables
    }

    /// The names of the caller's variables to pass: credentials and settings of providers, proxies and certificates,
    /// and values of variables.
    private static let passed = [
        "AWS_*", "ARM_*", "AZURE_*", "GOOGLE_*", "GCLOUD_*", "CLOUDSDK_*", "HCLOUD_*", "DIGITALOCEAN_*", "LINODE_*",
        "SCW_*", "VULTR_*", "OS_*", "OVH_*", "EXOSCALE_*", "UPCLOUD_*", "OCI_*", "IBMCLOUD_*", "ALICLOUD_*",
        "LIBVIRT_*",
        "LXD_*", "INCUS_*", "VSPHERE_*", "PROXMOX_*", "PM_*", "CLOUDFLARE_*", "GITHUB_TOKEN", "GITLAB_TOKEN", "VAULT_*",
        "KUBE_*", "KUBECONFIG", "DOCKER_*", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy",
        "https_proxy", "no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "TF_VAR_*", "TF_TOKEN_*",
        "TF_PLUGIN_CACHE_DIR", "TF_REGISTRY_*", "TF_ENCRYPTION", "SSH_AUTH_SOCK", "USER", "LOGNAME",
    ]

    private static func matches(_ name: String, _ rule: String) -> Bool {
        rule.hasSuffix("*") ? name.hasPrefix(rule.dropLast()) : name == rule
    }

    /// The identifier of the newest run in which a warning was logged.
    private static let warned = Mutex<CommandID?>(nil)

    private static func isFirstWarning(in run: CommandRun) -> Bool {
        warned.withLock { warned in
            defer { warned = run.id }
            return warned != run.id
        }
    }

    /// Returns the path of the configuration file for the program: the caller's, or else an empty one.
    private func configuration(_ build: BuildFolder, _ run: CommandRun) -> String {
        if let given = ThisProcess.variable("TF_CLI_CONFIG_FILE"), !given.isEmpty {
            do {
                _ = try OpenFile(given, .readFollowingLinks)
                return try absolutePath(given)
            } catch {
                // Log the warning only once, since the program is started several times in one run.
                if Self.isFirstWarning(in: run) {
                    EnvironmentLog.log(
                        LogRecord(
                            level: .warning, message: "the file that TF_CLI_CONFIG_FILE names is not used",
                            fields: ["path": given, "reason": error.reason]))
                }
            }
        }
        if let home = ThisProcess.folder(in: "HOME") {
            let names = name.hasPrefix("tofu") ? [".tofurc", ".terraformrc"] : [".terraformrc"]
            for name in names where (try? OpenFile("\(home)/\(name)", .readFollowingLinks)) != nil {
                return "\(home)/\(name)"
            }
        }
        return build.emptyConfiguration
    }
}
