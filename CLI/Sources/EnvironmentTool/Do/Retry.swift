import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Retry: UnfinishedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Retries a command that failed, at the step that failed.",
        usage: "\(Tool.name) retry <name> [<options>]", discussion: "\(Examples(["retry web"]))")
    @OptionGroup var work: WorkOptions

    func check(_ stored: StoredEnvironment, _ session: Session) async throws {
        let document = stored.document
        guard document.failure != nil else {
            let way = document.unfinishedCommand == nil ? "" : " It was interrupted, and can be resumed."
            throw try await refusal("\(document.name) has not failed: it is \(document.state).\(way)", stored, session)
        }
    }
}
