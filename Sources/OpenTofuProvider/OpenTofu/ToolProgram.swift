import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem
import Synchronization

/// OpenTofu or Terraform: where it is and what it gets of this process's environment variables.
struct ToolProgram: Hashable, Sendable {
    /// An absolute path.
    let path: String

    /// The name of the output by which an environment remembers its tool: a state that one of the two has written is
    /// not read by the other with certainty.
    static let output = OutputKey<String>("infrastructure_tool")

    /// Finds the tool: the one that is named, else the one that the environment was made with, else `tofu`, else
    /// `terraform`.
    ///
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

    /// The tool's name for people.
    var name: String { lastComponent(of: path) }

    // MARK: Environment variables

    /// The variables that the tool gets besides those that every tool gets.
    ///
    /// `TF_CLI_ARGS`, `TF_DATA_DIR`, `TF_WORKSPACE`, `TF_LOG` and all the rest of the caller's are not passed: they
    /// would change what is done, where the state is, or write secrets into logs.
    ///
    /// - Parameters:
    ///   - inherited: more names to pass; one that ends in `*` is the beginning of names.
    ///   - run: the run of a command that calls it.
    func variables(_ build: BuildFolder, inherited: [String], run: CommandRun) -> [String: String] {
        var variables: [String: String] = [:]
        let rules = Self.passed + inherited
        for (name, value) in ThisProcess.variables where rules.contains(where: { Self.matches(name, $0) }) {
            variables[name] = value
        }
        variables["TF_IN_AUTOMATION"] = "1"
        variables["TF_INPUT"] = "0"
        variables["CHECKPOINT_DISABLE"] = "1"
        // Git, which fetches modules, is not to ask anybody: there is no terminal.
        variables["GIT_TERMINAL_PROMPT"] = "0"
        variables["TF_CLI_CONFIG_FILE"] = configuration(build, run)
        return variables
    }

    /// The caller's variables that are passed: credentials and settings of providers, proxies and certificates, values of
    /// variables.
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

    /// The newest run that a warning was logged in.
    private static let warned = Mutex<CommandID?>(nil)

    private static func isFirstWarning(in run: CommandRun) -> Bool {
        warned.withLock { warned in
            defer { warned = run.id }
            return warned != run.id
        }
    }

    /// The tool's configuration file: the caller's, and otherwise one of ours that says nothing.
    private func configuration(_ build: BuildFolder, _ run: CommandRun) -> String {
        if let given = ThisProcess.variable("TF_CLI_CONFIG_FILE"), !given.isEmpty {
            do {
                _ = try OpenFile(given, .readFollowingLinks)
                return try absolutePath(given)
            } catch {
                // The tool is called several times in one run.
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
