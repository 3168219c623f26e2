import Commands
import EnvironmentDomain
import OperatingSystem

/// The playbooks of an infrastructure folder, `playbooks/<phase>/<nn>-<name>.yml`; each one is a step.
struct PlaybookFolder: Sendable {
    /// The path of the folder `playbooks`, which need not exist.
    let path: String
    /// The playbooks of each phase, in the order of their file names.
    let playbooks: [Phase: [Playbook]]
    /// The paths of YAML files that are not playbooks, since they have no number and no name of a step, for example
    /// `configure/Notes.yml`.
    let ignored: [String]

    /// A playbook and the name of its step.
    struct Playbook: Hashable, Sendable {
        let step: StepName
        /// The path in the folder, for example `configure/10-base.yml`.
        let path: String
    }

    static let phases: [Phase] = [.configure, .release, .run, .destroy]

    /// Finds the playbooks in an infrastructure folder.
    ///
    /// - Parameters:
    ///   - infrastructure: The path of the infrastructure folder.
    ///   - reserved: The names of the other steps of each phase.
    /// - Throws: ``InfrastructureError`` when a name is not valid for a step or is used twice, or a folder cannot be
    ///   read.
    init(infrastructure: String, reserved: [Phase: [StepName]] = [:]) throws(InfrastructureError) {
        path = "\(infrastructure)/playbooks"
        var playbooks: [Phase: [Playbook]] = [:]
        var ignored: [String] = []
        for phase in Self.phases {
            playbooks[phase] = try Self.playbooks(of: phase, in: path, reserved: reserved[phase] ?? [], &ignored)
        }
        (self.playbooks, self.ignored) = (playbooks, ignored)
    }

    /// Whether there are no playbooks.
    var isEmpty: Bool { playbooks.values.allSatisfy(\.isEmpty) }

    /// Returns the steps of a phase, one for each playbook.
    func steps(of phase: Phase) -> [Step] {
        (playbooks[phase] ?? []).map { playbook in
            var step = Step.playbook(playbook, in: self)
            // A playbook that cannot be read is reported by what copies it.
            step.digest = (try? OpenFile("\(path)/\(playbook.path)", .readFollowingLinks).read(limit: 16 << 20))
                .map { Checksum(of: $0) }
            return step
        }
    }

    /// The programs that the first playbook of each phase needs: `ansible-playbook` and `ssh`.
    var needs: [ProgramNeed] {
        Phase.allCases.compactMap { phase in
            guard let first = playbooks[phase]?.first else { return nil }
            return ProgramNeed(phase: phase, step: first.step) { (environment, _) throws(StepError) in
                // Without hosts, the playbooks of a destroy do nothing and need no program.
                if phase == .destroy, (try? SSHHost.all(of: environment))?.isEmpty != false { return }
                _ = try AnsibleRun.program()
                _ = try SSHLogin.findProgram()
            }
        }
    }

    private static func playbooks(
        of phase: Phase, in path: String, reserved: [StepName], _ ignored: inout [String]
    ) throws(InfrastructureError) -> [Playbook] {
        let names: [String]
        do {
            names = try Folder("\(path)/\(phase)").names()
        } catch  where error.isNotFound {
            return []
        } catch {
            throw InfrastructureError(path: "\(path)/\(phase)", reason: error.reason)
        }
        var found: [Playbook] = []
        for name in names where !name.begins(with: ".") && !name.begins(with: "#") {
            guard let stem = stem(of: name) else { continue }
            let file = "\(path)/\(phase)/\(name)"
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            let rest = stem.utf8.drop(while: digits.contains).drop { $0 == UInt8(ascii: "-") }
            let text = String(decoding: rest.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
            guard let step = try? StepName(text) else {
                // A file with a number is meant as a playbook. A file without one may be anything, for example notes.
                guard stem.first?.isNumber == true else {
                    ignored.append("\(phase)/\(name)")
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
                    path: file, reason: "\(phase) has a step \(step) of its own; rename the playbook")
            }
            found.append(Playbook(step: step, path: "\(phase)/\(name)"))
        }
        return found
    }

    private static func stem(of name: String) -> Substring? {
        [".yml", ".yaml"].first(where: name.ends).map { name.dropLast($0.count) }
    }
}
