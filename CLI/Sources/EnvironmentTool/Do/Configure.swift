import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Configure: PhaseWorkCommand {
    static let phase = Phase.configure
    static let configuration = CommandConfiguration(
        abstract: "Configures the instance, or configures it again.",
        usage: "\(Tool.name) configure <name> [--set <name=value>] [<options>]",
        discussion: "\(phase.courses)\n\n\(Examples(["configure web"]))")
    @OptionGroup var work: WorkOptions
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption
}
