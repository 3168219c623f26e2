import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Rerun: UnfinishedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Resumes, and runs an interrupted step again that is marked as not repeatable.",
        usage: "\(Tool.name) rerun <name> --step <step> [<options>]",
        discussion: """
            Find out first what the step did: `\(Tool.name) logs NAME STEP`.

            \(Examples(["rerun web --step migrate"]))
            """)
    @OptionGroup var work: WorkOptions

    @Option(name: .long, help: ArgumentHelp("The step that is to be run again.", valueName: "step"))
    var step: String

    var rerunStep: StepName? { try? StepName(step) }

    func check(_ stored: StoredEnvironment, _ session: Session) async throws {
        let name = try StepName(step)
        let document = stored.document
        guard let progress = document.progress, document.unfinishedCommand != nil else {
            throw try await refusal(
                "Nothing of \(document.name) is unfinished: it is \(document.state).", stored, session)
        }
        let current = progress.current?.name ?? document.failure?.failedStep
        guard current == name else {
            let place = current.map { "in \($0)" } ?? "between two steps"
            var refusal = try await refusal(
                "The step \(name) is not the one to run again: \(document.name) stopped \(place).", stored, session)
            if let current {
                refusal.next = session.invocation(document.name).again(rerun: current, isStored: true, isBegun: true)
            }
            throw refusal
        }
    }
}
