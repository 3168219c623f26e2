import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Release: PhaseWorkCommand {
    static let phase = Phase.release
    static let configuration = CommandConfiguration(
        abstract: "Puts a release on the instance: the first one or the next one.",
        usage: "\(Tool.name) release <name> [--set <name=value>] [<options>]",
        discussion: "\(phase.courses)\n\n\(Examples(["release web --set tag=v2"]))")
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption
}
