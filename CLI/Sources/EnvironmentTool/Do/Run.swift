import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Run: PhaseWorkCommand {
    static let phase = Phase.run
    static let configuration = CommandConfiguration(
        abstract: "Starts the release, or starts it again.",
        usage: "\(Tool.name) run <name> [--set <name=value>] [<options>]",
        discussion: "\(phase.courses)\n\n\(Examples(["run web"]))")
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption
}
