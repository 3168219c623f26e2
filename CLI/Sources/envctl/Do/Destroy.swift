import ArgumentParser
import CommandLineProgram

struct Destroy: WorkCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the destroy steps and marks the environment destroyed; finishes a destroy that was begun.",
        usage: "envctl destroy <name> [<options>]")
    @OptionGroup var work: WorkOptions

    func answer(_ session: Session) async throws -> Answer {
        let environment = try environment(session)
        return report(try await environment.destroy(isDryRun: work.isDryRun), of: environment)
    }
}
