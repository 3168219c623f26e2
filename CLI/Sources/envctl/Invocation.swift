import CommandLineProgram
import EnvironmentDomain

/// The tool's command lines for one environment.
struct Invocation: Invocations {
    let global: GlobalOptions
    let name: EnvironmentName?
    /// The words of this call.
    let words: [String]

    var help: String { Self.help(words) }
    func look() -> String { line("show") }
    func makeAnew() -> String { line("create") }
    func showProcesses() -> String { line("lock") }

    func retry(_ environment: AnyEnvironmentState?) -> String {
        environment.flatMap(next) ?? again(rerun: nil, isStored: false)
    }

    func explain(_ step: StepName?, insteadOf retry: String) -> String? { step.map { line("logs", $0.text) } }

    func recover(_ record: String) -> String { line("recover", record) }
    func mend(with backup: String) -> String { line("doctor") }
    func destroy() -> String { line("destroy") }
    func purge() -> String { line("purge") }
    func unfreeze() -> String? { line("unfreeze") }
    func goOn(with command: CommandName) -> String? { line(command.rawValue) }

    func again(rerun: StepName?, isStored: Bool) -> String {
        if let rerun { return line("rerun", "--step", rerun.text) }
        return (["envctl"] + words).commandLine
    }

    func startAgain(_ phase: Phase) -> String {
        // Behind -- a word is no option.
        let end = words.firstIndex(of: "--") ?? words.endIndex
        return (["envctl"] + words[..<end] + ["--from", phase.rawValue] + words[end...]).commandLine
    }

    func next(after environment: AnyEnvironmentState) -> String? {
        if environment.context.freeze?.holds() == true { return unfreeze() }
        if environment.state == .destroyed { return purge() }
        guard let unfinished = environment.unfinishedCommand else {
            return environment.nextCommand.flatMap(goOn)
        }
        return unfinished == .destroy ? destroy() : line(environment.failure == nil ? "resume" : "retry")
    }

    /// The help for the command that stands in these words, or for all.
    static func help(_ words: [String]) -> String {
        let command = GlobalOptions.command(in: words).flatMap {
            $0 != "help" && CommandNames.all.contains($0) ? $0 : nil
        }
        return ["envctl", command, "--help"].compactMap(\.self).joined(separator: " ")
    }

    /// The command line that leads on from what is stored; while a command holds it, the one that shows the holder.
    ///
    /// - Parameter record: a record that is newer, whose steps must not be run again.
    func next(after environment: AnyEnvironmentState, isHeld: Bool, record: String?) -> String? {
        isHeld ? line("lock") : record.map(recover) ?? next(after: environment)
    }

    /// A command line with the environment and the options that say where it is.
    func line(_ command: String, _ more: String...) -> String {
        (["envctl"] + command.split(separator: " ").map(String.init) + (name.map { [$0.text] } ?? []) + more
            + global.words)
            .commandLine
    }
}
