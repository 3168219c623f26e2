import Commands
import EnvironmentDomain
import OperatingSystem

/// The playbooks of an infrastructure folder: `playbooks/<command>/<nn>-<name>.yml`, one step each.
struct PlaybookFolder: Sendable {
    /// The folder `playbooks`; it need not exist.
    let path: String
    /// The playbooks of each command, in the order of their file names.
    let playbooks: [CommandName: [Playbook]]
    /// The paths of YAML files beside the playbooks that are not taken for any, for example `configure/Notes.yml`.
    let ignored: [String]

    /// One playbook.
    struct Playbook: Hashable, Sendable {
        let step: StepName
        /// The path in the folder, for example `configure/10-base.yml`.
        let path: String
    }

    static let commands: [CommandName] = [.configure, .release, .run, .destroy]

    /// Looks which playbooks there are.
    ///
    /// - Parameters:
    ///   - infrastructure: the path of the infrastructure folder.
    ///   - reserved: the names of the steps that the commands have besides.
    /// - Throws: ``InfrastructureError`` for a name that cannot be a step's, or one that is there twice.
    init(infrastructure: String, reserved: [CommandName: [StepName]] = [:]) throws(InfrastructureError) {
        path = "\(infrastructure)/playbooks"
        var playbooks: [CommandName: [Playbook]] = [:]
        var ignored: [String] = []
        for command in Self.commands {
            playbooks[command] = try Self.playbooks(of: command, in: path, reserved: reserved[command] ?? [], &ignored)
        }
        (self.playbooks, self.ignored) = (playbooks, ignored)
    }

    /// Whether there is nothing for Ansible to do.
    var isEmpty: Bool { playbooks.values.allSatisfy(\.isEmpty) }

    /// The steps of a command.
    func steps(of command: CommandName) -> [Step] {
        (playbooks[command] ?? []).map { .playbook($0, in: self) }
    }

    /// The programs that the first playbook of each command needs: Ansible, and `ssh` for it.
    var needs: [ProgramNeed] {
        Phase.allCases.compactMap { phase in
            guard let first = playbooks[phase.command]?.first else { return nil }
            return ProgramNeed(phase: phase, step: first.step) { (environment, _) throws(StepError) in
                // Where no host is left, its playbooks do nothing.
                if phase == .destroy, (try? SSHHost.all(of: environment))?.isEmpty != false { return }
                _ = try AnsibleRun.program()
                _ = try SSHLogin.findProgram()
            }
        }
    }

    private static func playbooks(
        of command: CommandName, in path: String, reserved: [StepName], _ ignored: inout [String]
    ) throws(InfrastructureError) -> [Playbook] {
        let names: [String]
        do {
            names = try Folder("\(path)/\(command)").names()
        } catch  where error.isNotFound {
            return []
        } catch {
            throw InfrastructureError(path: "\(path)/\(command)", reason: error.reason)
        }
        var found: [Playbook] = []
        for name in names where !name.begins(with: ".") && !name.begins(with: "#") {
            guard let stem = stem(of: name) else { continue }
            let file = "\(path)/\(command)/\(name)"
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            let rest = stem.utf8.drop(while: digits.contains).drop { $0 == UInt8(ascii: "-") }
            let text = String(decoding: rest.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
            guard let step = try? StepName(text) else {
                // A number says that it is meant as a playbook; what has none may be anything, such as somebody's notes.
                guard stem.first?.isNumber == true else {
                    ignored.append("\(command)/\(name)")
                    continue
                }
                throw InfrastructureError(
                    path: file,
                    reason:
                        "its name gives the step the name \"\(text)\", which must be lower-case letters, digits and "
                        + "underscores, a letter first; a good file name is 10-base.yml")
            }
            if let other = found.first(where: { $0.step == step }) {
                throw InfrastructureError(
                    path: file, reason: "it and \(other.path) both give the step the name \(step); rename one of them")
            }
            guard !reserved.contains(step) else {
                throw InfrastructureError(
                    path: file, reason: "\(command) has a step \(step) of its own; rename the playbook")
            }
            found.append(Playbook(step: step, path: "\(command)/\(name)"))
        }
        return found
    }

    private static func stem(of name: String) -> Substring? {
        [".yml", ".yaml"].first(where: name.ends).map { name.dropLast($0.count) }
    }
}
