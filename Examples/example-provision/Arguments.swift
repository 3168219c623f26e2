import CommandLineProgram
import Commands
import EnvironmentDomain

/// The arguments of the command line.
struct Arguments {
    enum Action: String {
        case deploy, status = "--status", destroy = "--destroy", purge = "--purge", recover = "--recover"
        case validate = "--validate", rollback = "--rollback"
        case help = "--help", version = "--version"
    }

    var action = Action.deploy
    var name = ""
    var dataFolder: String?
    var provider: String?
    var workflow: String?
    var infrastructure: String?
    var tofu: String?
    var sshTimeout: Duration?
    private var sshTimeoutWords: [String] = []
    var login = LoginChoice()
    var goal = Phase.configure
    var deployment = DeploymentChoice()
    var lockTimeout = Duration.seconds(10)
    var isDryRun = false
    var checksPlaybooks = false
    var declines = false
    var record = ""
    /// The serial of the release to roll back to; `nil` for the newest earlier one with other parameters.
    var release: Int?
    var emergencyFolder: String?
    var rerun: StepName?
    var isJSON = false
    var logsJSON = false
    var isQuiet = false
    var isVerbose = false
    /// The names of the given options.
    private var given: Set<String> = []
    /// The options that can be given several times.
    private static let repeatable: Set = ["--set"]
    /// The actions that accept an option.
    ///
    /// An option that is not listed is accepted with every action, so that scripts can always give it.
    private static let actions: [String: Set<Action>] = [
        "--ssh-user": [.deploy], "--ssh-key": [.deploy], "--ssh-port": [.deploy], "--ssh-jump": [.deploy],
        "--until": [.deploy, .status], "--set": [.deploy], "--from": [.deploy], "--to": [.rollback],
        "--rerun": [.deploy, .destroy, .rollback], "--dry-run": [.deploy, .destroy, .rollback],
        "--playbooks": [.validate], "--decline": [.recover],
    ]

    static let usage = """
        USAGE: example-provision NAME [options]

        Creates, provisions and configures the environment NAME on this machine, or resumes it.

          --data-dir DIR          where environments are kept (default: ./data)
          --provider NAME         local (default), workflow or opentofu
          --workflow FILE         steps from a file instead of the provider's
          --infrastructure DIR    your own .tf files and playbooks, for OpenTofu or Terraform and Ansible
          --tofu PATH             the tool (default: tofu when it is on the PATH, else terraform)
          --ssh-user USER         the login name on the instance (default: deploy)
          --ssh-key FILE          the private key; FILE.pub is the public one (default: a generated pair)
          --ssh-port PORT         default: 22
          --ssh-jump HOSTS        the SSH servers on the way: [USER@]HOST[:PORT], with commas in between
          --ssh-timeout SECONDS   how long provisioning waits for hosts to answer on SSH (default: 300)
          --until STATE           provisioned, configured (default), released or running
          --set NAME=VALUE        a parameter for the steps, for example tag=v2; repeatable
          --from PHASE            start provision, configure, release or run again, and continue to --until
          --rollback              release again with the parameters of an earlier release; run it if NAME was running
          --to SERIAL             with --rollback: the serial of that release (default: the newest with other parameters)
          --lock-timeout SECONDS  how long to wait for another command on NAME (default: 10; 0 = do not wait)
          --dry-run               say which steps would run; change nothing
          --status                show where NAME is and what would come next; change nothing, need no lock
          --validate              look whether what was made is still as it was made; change nothing
          --playbooks             with --validate: run the playbooks in check mode too
          --destroy               run the destroy steps and mark NAME destroyed
          --purge                 forget a destroyed NAME: remove everything of it but the lock file
          --recover FILE          apply an emergency record, then stop
          --decline               with --recover: move the record aside instead of applying it
          --emergency-dir DIR     where an emergency record goes when the data folder cannot be written
          --rerun STEP            run a step again that is marked as not repeatable
          --json                  the result (or the error) as one JSON object on standard output
          --log-format FORMAT     text (default) or json
          --quiet                 of the log only warnings and errors; progress on a terminal alone
          --verbose               also what steps print, and debug messages
          --version, --help, -h

        """

    /// Returns whether a command line asks for JSON, even if the rest of it is invalid.
    static func asksForJSON(_ words: [String]) -> Bool { words.contains("--json") }

    init(_ words: [String]) throws(UsageError) {
        var words = words[...]
        while let word = words.popFirst() {
            guard word.utf8.starts(with: "--".utf8) || word == "-h" else {
                guard name.isEmpty, !word.utf8.starts(with: "-".utf8) else {
                    throw UsageError(
                        description: word.utf8.starts(with: "-".utf8)
                            ? "there is no option \(word)" : "one NAME is expected, and \(name) and \(word) are two")
                }
                name = word
                continue
            }
            let parts = word.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            try parse(parts[0], inline: parts.count == 2 ? parts[1] : nil, &words)
        }
        guard action != .help && action != .version else { return }
        guard !name.isEmpty else { throw UsageError(description: "the NAME of an environment is missing") }
        if isQuiet && isVerbose { throw UsageError(description: "--quiet and --verbose exclude each other") }
        for option in given.sorted() {
            guard let actions = Self.actions[option], !actions.contains(action) else { continue }
            if actions.count == 1, let needed = actions.first, needed != .deploy {
                throw UsageError(description: "\(option) needs \(needed.rawValue)")
            }
            throw UsageError(description: "\(option) and \(action.rawValue) exclude each other")
        }
        _ = try choice()
    }

    private mutating func parse(
        _ option: String, inline: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        guard given.insert(option).inserted || Self.repeatable.contains(option) else {
            throw UsageError(description: "\(option) is given twice, and can be given once")
        }
        func value(_ rest: inout ArraySlice<String>) throws(UsageError) -> String {
            guard let value = inline ?? rest.popFirst(), !value.isEmpty else {
                throw UsageError(description: "\(option) needs a value")
            }
            return value
        }
        switch option {
        case "--data-dir": dataFolder = try value(&rest)
        case "--provider": provider = try value(&rest)
        case "--workflow": workflow = try value(&rest)
        case "--infrastructure": infrastructure = try value(&rest)
        case "--tofu": tofu = try value(&rest)
        case "--ssh-user": login.user = try value(&rest)
        case "--ssh-key": login.key = try value(&rest)
        case "--ssh-jump": login.jump = try value(&rest)
        case "--ssh-port":
            let text = try value(&rest)
            guard let number = NumberWord.whole(text), (1...65535).contains(number) else {
                throw UsageError(description: "--ssh-port is a number from 1 to 65535 and not \(text)")
            }
            login.port = number
        case "--ssh-timeout":
            let text = try value(&rest)
            guard let seconds = NumberWord.decimal(text), seconds > 0, seconds <= 1e6 else {
                throw UsageError(
                    description: "--ssh-timeout is a number of seconds above 0, up to 1000000, and not \(text)")
            }
            sshTimeout = .seconds(seconds)
            sshTimeoutWords = [option, text]
        case "--until":
            let text = try value(&rest)
            guard let goal = LifecycleState(rawValue: text).flatMap(Phase.init(goal:)) else {
                let known = Phase.forward.map(\.goal.rawValue).joined(separator: ", ")
                throw UsageError(description: "--until is one of \(known) and not \(text)")
            }
            self.goal = goal
        case "--set": try deployment.set(try value(&rest))
        case "--from":
            let text = try value(&rest)
            guard let phase = Phase.forward.first(where: { $0.rawValue == text }) else {
                let known = Phase.forward.map(\.rawValue).joined(separator: ", ")
                throw UsageError(description: "--from is one of \(known) and not \(text)")
            }
            deployment.beginning = .again(phase)
        case "--lock-timeout":
            let text = try value(&rest)
            guard let seconds = NumberWord.decimal(text), seconds <= 1e9 else {
                throw UsageError(
                    description: "--lock-timeout is a number of seconds from 0, up to 1000000000, and not \(text)")
            }
            lockTimeout = .seconds(seconds)
        case "--to":
            let text = try value(&rest)
            guard let serial = NumberWord.whole(text), serial > 0 else {
                throw UsageError(description: "--to is the serial of a release, a number from 1, and not \(text)")
            }
            release = serial
        case "--recover":
            record = try value(&rest)
            try choose(.recover)
        case "--emergency-dir": emergencyFolder = try value(&rest)
        case "--rerun":
            do {
                rerun = try StepName(try value(&rest))
            } catch let error as InvalidValue {
                throw UsageError(description: error.description)
            } catch let error as UsageError {
                throw error
            } catch {
                throw UsageError(description: "\(error)")
            }
        case "--log-format":
            let text = try value(&rest)
            guard text == "text" || text == "json" else {
                throw UsageError(description: "--log-format is text or json and not \(text)")
            }
            logsJSON = text == "json"
        default:
            guard inline == nil else { throw UsageError(description: "there is no option \(option) with a value") }
            try parseFlag(option)
        }
    }

    private mutating func parseFlag(_ option: String) throws(UsageError) {
        switch option {
        case "--status": try choose(.status)
        case "--destroy": try choose(.destroy)
        case "--validate": try choose(.validate)
        case "--rollback": try choose(.rollback)
        case "--playbooks": checksPlaybooks = true
        case "--decline": declines = true
        case "--purge": try choose(.purge)
        case "--help", "-h": action = .help
        case "--version": action = .version
        case "--dry-run": isDryRun = true
        case "--json": isJSON = true
        case "--quiet": isQuiet = true
        case "--verbose": isVerbose = true
        default: throw UsageError(description: "there is no option \(option)")
        }
    }

    private mutating func choose(_ action: Action) throws(UsageError) {
        guard self.action != .help && self.action != .version else { return }
        guard self.action == .deploy || self.action == action else {
            throw UsageError(description: "\(self.action.rawValue) and \(action.rawValue) exclude each other")
        }
        self.action = action
    }

    /// Returns the provider that the command line names.
    func choice() throws(UsageError) -> ProviderChoice {
        var choice = try ProviderChoice(
            provider: provider, workflow: workflow, infrastructure: infrastructure, tofu: tofu)
        choice.sshTimeout = sshTimeout
        return choice
    }
}

extension Arguments: Invocations {
    var help: String { "example-provision --help" }
    func look() -> String { invocation("--status") }
    func create() -> String { invocation() }
    func recover(_ record: String) -> String { invocation("--recover", record) }
    func destroy() -> String { invocation(["--destroy"] + ofThisCall) }
    func rollback() -> String { invocation(["--rollback"] + ofThisCall) }
    func purge() -> String { invocation("--purge") }
    /// Returns a command line of `envctl`, the only program that freezes.
    ///
    /// It names the store, because an environment variable may name another one.
    func unfreeze() -> String? {
        ["envctl", "unfreeze", name, "--store", dataFolder ?? "data"].commandLine
    }

    func retry(_ environment: AnyEnvironmentState?) -> String {
        again(rerun: nil, isStored: environment != nil, isBegun: true)
    }

    /// Returns the read-only command when the retry is the command that has just failed.
    func explain(_ step: StepName?, insteadOf retry: String) -> String? {
        retry == again(rerun: rerun, isStored: false, isBegun: false) ? look() : nil
    }

    func resume(with command: CommandName) -> String? {
        guard let phase = Phase.forward.first(where: { $0.command == command }) else { return nil }
        return invocation(until(max(phase, .configure)) + ofThisCall)
    }

    func confirm(_ step: StepName, of command: CommandName) -> String {
        let phase = Phase.forward.first { $0.command == command }
        let way = phase.map { until(max($0, .configure)) } ?? [Action.destroy.rawValue]
        return invocation(way + ["--rerun", step.text] + ofThisCall)
    }

    func again(rerun: StepName?, isStored: Bool, isBegun: Bool) -> String {
        var more: [String] = []
        switch action {
        case .destroy, .purge, .status, .validate: more.append(action.rawValue)
        case .rollback: more += [action.rawValue] + (release.map { ["--to", "\($0)"] } ?? [])
        case .recover: more += [action.rawValue, record] + (declines ? ["--decline"] : [])
        case .deploy, .help, .version: break
        }
        if [.deploy, .status].contains(action) { more += until(goal) }
        if checksPlaybooks { more.append("--playbooks") }
        more += (isBegun ? [] : beginning) + deployment.words
        if let rerun { more += ["--rerun", rerun.text] }
        if action == .deploy && !isStored {
            more += (try? choice().words) ?? []
            more += login.words
            more += sshTimeoutWords
        } else {
            more += ofThisCall
        }
        return invocation(more)
    }

    func startAgain(_ phase: Phase) -> String {
        invocation(
            until(max(goal, phase)) + ["--from", phase.rawValue] + ((try? choice().words) ?? []) + sshTimeoutWords
                + deployment.words)
    }

    /// The option for the phase that this call starts again.
    private var beginning: [String] {
        if case .again(let phase) = deployment.beginning { ["--from", phase.rawValue] } else { [] }
    }

    /// The options that are not stored with the environment.
    private var ofThisCall: [String] {
        (tofu.map { ["--tofu", $0] } ?? []) + sshTimeoutWords
    }

    private func until(_ goal: Phase) -> [String] { goal == .configure ? [] : ["--until", goal.goal.rawValue] }

    private func invocation(_ more: String...) -> String { invocation(more) }

    private func invocation(_ more: [String]) -> String {
        var words = ["example-provision", name]
        if let dataFolder { words += ["--data-dir", dataFolder] }
        if let emergencyFolder { words += ["--emergency-dir", emergencyFolder] }
        return (words + more).commandLine
    }
}
