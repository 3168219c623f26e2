import ArgumentParser
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
    func create() -> String { line("create") }
    func showProcesses() -> String { line("lock") }

    func retry(_ environment: AnyEnvironmentState?) -> String {
        environment.flatMap { next(after: $0, unconfirmed: nil) } ?? again(rerun: nil, isStored: false, isBegun: true)
    }

    func explain(_ step: StepName?, insteadOf retry: String) -> String? { step.map { line("logs", $0.text) } }

    func recover(_ record: String) -> String { line("recover", record) }
    func repair(with state: String) -> String { line("doctor") }
    func destroy() -> String { line("destroy", ofThisCall) }
    func purge() -> String { line("purge") }
    func rollback() -> String { line("rollback", ofThisCall) }
    func unfreeze() -> String? { line("unfreeze") }
    func resume(with command: CommandName) -> String? { line(command.rawValue, ofThisCall) }
    func confirm(_ step: StepName, of command: CommandName) -> String {
        line("rerun", ["--step", step.text] + ofThisCall)
    }

    func again(rerun: StepName?, isStored: Bool, isBegun: Bool) -> String {
        if let rerun { return line("rerun", ["--step", rerun.text] + ofThisCall) }
        // What failed, or stopped in a step that was confirmed, is interrupted in whatever step it is now.
        if isBegun, call is any UnfinishedCommand { return line("resume", ofThisCall) }
        return ([Tool.name] + (isBegun ? wordsWithoutBeginning : words)).commandLine
    }

    func startAgain(_ phase: Phase) -> String {
        let call = call
        guard call is Deploy || call is Plan else {
            let work = (call as? any WorkCommand)?.work
            let choice = (try? work?.provider.choice().words) ?? []
            let inputs = (call as? any PhaseWorkCommand)?.inputs.parameters ?? []
            return line(phase.rawValue, ["--from-start"] + choice + inputs.flatMap { ["--set", $0] })
        }
        return Self.adding(["--from", phase.rawValue], to: wordsWithoutBeginning)
    }

    func next(after environment: AnyEnvironmentState, unconfirmed: StepName?) -> String? {
        if let freeze = environment.context.freeze, freeze.holds() {
            return MoveMark(freeze) == nil ? unfreeze() : line("forget")
        }
        if environment.state == .destroyed { return purge() }
        guard let unfinished = environment.unfinishedCommand else {
            if environment.context.rollback != nil { return rollback() }
            return environment.nextCommand.flatMap(resume)
        }
        if let unconfirmed { return confirm(unconfirmed, of: unfinished) }
        if environment.context.rollback != nil, unfinished != .destroy { return rollback() }
        return unfinished == .destroy ? destroy() : line(environment.failure == nil ? "resume" : "retry", ofThisCall)
    }

    /// This call's command; `nil` when the words are none.
    private var call: (any ParsableCommand)? { try? RootCommand.parseAsRoot(words) }

    /// The options of this call that are not remembered with the environment.
    ///
    /// Only commands that do work have such an option, so its name is enough. `list` asks for every environment, and the
    /// words are not parsed again for each.
    private var ofThisCall: [String] {
        let options = words.prefix { $0 != "--" }
        if let index = options.firstIndex(of: "--tofu"), index + 1 < options.endIndex {
            return ["--tofu", options[index + 1]]
        }
        let value = options.first { $0.utf8.starts(with: "--tofu=".utf8) }
        return value.map { ["--tofu", String($0.dropFirst("--tofu=".count))] } ?? []
    }

    /// The words of this call without the option that starts a phase again.
    private var wordsWithoutBeginning: [String] {
        var kept: [String] = []
        var rest = words[...]
        while let word = rest.popFirst(), word != "--" {
            switch word {
            case "--from": rest = rest.dropFirst()
            case "--from-start": break
            default: if !word.utf8.starts(with: "--from=".utf8) { kept.append(word) }
            }
        }
        return kept + (words.firstIndex(of: "--").map { words[$0...] } ?? [])
    }

    /// A command line with an option more; behind `--` a word is no option.
    static func adding(_ options: [String], to words: [String]) -> String {
        let end = words.firstIndex(of: "--") ?? words.endIndex
        return ([Tool.name] + words[..<end] + options + words[end...]).commandLine
    }

    /// This command line, confirmed.
    static func confirmed(_ words: [String]) -> String { adding(["--yes"], to: words) }

    /// The help for the command in these words, or for all.
    static func help(_ words: [String]) -> String {
        let command = GlobalOptions.command(in: words).flatMap {
            $0 != "help" && CommandNames.all.contains($0) ? $0 : nil
        }
        return [Tool.name, command, "--help"].compactMap(\.self).joined(separator: " ")
    }

    /// A command line with the environment and the options that say where it is.
    func line(_ command: String, _ more: String...) -> String { line(command, more) }

    private func line(_ command: String, _ more: [String]) -> String {
        ([Tool.name] + command.split(separator: " ").map(String.init) + (name.map { [$0.text] } ?? []) + more
            + global.words)
            .commandLine
    }
}
