import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

/// The options that choose the provider.
struct ProviderOptions: ParsableArguments, Sendable {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "local, workflow (with --workflow) or opentofu (with --infrastructure). Remembered with the environment.",
            valueName: "name"))
    var provider: String?

    @Option(
        name: .long, help: ArgumentHelp("Steps from this file. Remembered with the environment.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var workflow: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Your own .tf files and playbooks, for OpenTofu or Terraform and Ansible. Remembered.", valueName: "dir"),
        completion: .directory)
    var infrastructure: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The tool (default: tofu when it is on the PATH, else terraform). Not remembered.", valueName: "path"),
        completion: .file())
    var tofu: String?

    func choice() throws -> ProviderChoice {
        try ProviderChoice(provider: provider, workflow: workflow, infrastructure: infrastructure, tofu: tofu)
    }
}

/// The options for the login on the instance of an environment that is created.
struct LoginOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("ssh-user"),
        help: ArgumentHelp("The login name on the instance (default: deploy).", valueName: "user"))
    var user: String?

    @Option(
        name: .customLong("ssh-key"),
        help: ArgumentHelp(
            "The private key; FILE.pub is the public one (default: a generated pair).", valueName: "file"),
        completion: .file())
    var key: String?

    @Option(
        name: .customLong("ssh-port"), help: ArgumentHelp("The SSH port (default: 22).", valueName: "port"),
        transform: NumberArgument.whole)
    var port: Int?

    @Option(
        name: .customLong("ssh-jump"),
        help: ArgumentHelp(
            "The SSH servers on the way to the hosts: [USER@]HOST[:PORT], with commas in between.", valueName: "hosts"))
    var jump: String?

    var choice: LoginChoice { LoginChoice(user: user, key: key, port: port, jump: jump) }
}

/// The option that sets parameters.
struct ParameterOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Set a parameter for the steps, for example tag=v2. Repeat it for several; others keep their values.",
            valueName: "name=value"))
    var parameters: [String] = []

    func validate() throws {
        do throws(UsageError) {
            _ = try deployment()
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Returns the deployment that begins there with these parameters.
    func deployment(_ beginning: DeploymentChoice.Beginning = .stored) throws(UsageError) -> DeploymentChoice {
        var choice = DeploymentChoice()
        choice.beginning = beginning
        for parameter in parameters { try choice.set(parameter) }
        return choice
    }
}

/// The option that names the phase to start again.
struct BeginningOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "Start this phase again from its first step, then continue to the goal. It must have been started before.",
            valueName: "phase"))
    var from: PhaseArgument?

    /// Refuses a phase that comes after the goal.
    func check(until goal: GoalArgument) throws {
        guard let from, from.phase > goal.phase else { return }
        throw ValidationError("--from \(from.phase) comes after the goal \(goal.rawValue).")
    }

    var beginning: DeploymentChoice.Beginning { from.map { .again($0.phase) } ?? .stored }
}

/// The options of every command that runs steps.
struct WorkOptions: ParsableArguments, Sendable {
    @OptionGroup var names: NameOptions
    @OptionGroup(title: "Provider options") var provider: ProviderOptions

    @Flag(name: .customLong("dry-run"), help: "Only say which steps would run.")
    var isDryRun = false

    @OptionGroup(title: "Options of every command") var global: GlobalOptions
}

/// The option of a single phase.
struct FromStartOption: ParsableArguments, Sendable {
    @Flag(
        name: .customLong("from-start"),
        help: "Start at the first step, even when an earlier run failed or was interrupted at a later one.")
    var isGiven = false
}
