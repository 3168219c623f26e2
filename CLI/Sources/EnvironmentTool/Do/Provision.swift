import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Provision: PhaseWorkCommand {
    static let phase = Phase.provision
    static let configuration = CommandConfiguration(
        abstract: "Makes the instance, or makes it again.",
        usage: "\(Tool.name) provision <name> [--create] [--set <name=value>] [<options>]",
        discussion: "\(phase.courses)\n\n\(Examples(["provision web --create", "provision web --from-start"]))")
    @OptionGroup var work: WorkOptions
    @OptionGroup var creation: CreateOption
    @OptionGroup var inputs: ParameterOptions
    @OptionGroup var fromStart: FromStartOption

    func checkMissing(_ session: Session) async throws {
        if !creation.isGiven { throw try await session.notCreated(work.names.name) }
    }
}
