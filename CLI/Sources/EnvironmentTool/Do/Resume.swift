import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct Resume: UnfinishedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Resumes a command that was interrupted, at the step that was interrupted.",
        usage: "\(Tool.name) resume <name> [<options>]", discussion: "\(Examples(["resume web"]))")
    @OptionGroup var work: WorkOptions

    func check(_ stored: StoredEnvironment, _ session: Session) async throws {
        let document = stored.document
        guard document.unfinishedCommand != nil else {
            throw try await refusal(
                "Nothing of \(document.name) was interrupted: it is \(document.state).", stored, session)
        }
        guard document.failure == nil else {
            throw try await refusal(
                "\(document.name) was not interrupted but has failed; it can be retried.", stored, session)
        }
    }
}
