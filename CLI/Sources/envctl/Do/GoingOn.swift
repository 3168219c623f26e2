import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

/// A command that continues what an earlier run did not end.
protocol GoingOnCommand: WorkCommand {
    /// The step that is run again although it is not repeatable; `nil` for none.
    var rerunStep: StepName? { get }
    /// Refuses to continue from what is stored.
    func check(_ environment: StoredEnvironment, _ session: Session) async throws
}

extension GoingOnCommand {
    var rerunStep: StepName? { nil }

    func answer(_ session: Session) async throws -> Answer {
        let stored = try await session.stored(work.names.name)
        try await check(stored, session)
        let environment = try environment(session, rerun: rerunStep)
        let unfinished = stored.document.unfinishedCommand
        let outcome: EnvironmentSession.Outcome
        if let goal = Phase.forward.first(where: { $0.command == unfinished }) {
            outcome = try await environment.deploy(until: goal, isDryRun: work.isDryRun) { now in
                if let now { try await check(now, session) }
            }
        } else {
            outcome = try await environment.destroy(isDryRun: work.isDryRun) { now in try await check(now, session) }
        }
        return report(outcome, of: environment)
    }
}

struct Resume: GoingOnCommand {
    static let configuration = CommandConfiguration(
        abstract: "Resumes a command that was interrupted, at the step that was interrupted.",
        usage: "envctl resume <name> [<options>]")
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

struct Retry: GoingOnCommand {
    static let configuration = CommandConfiguration(
        abstract: "Retries a command that failed, at the step that failed.",
        usage: "envctl retry <name> [<options>]")
    @OptionGroup var work: WorkOptions

    func check(_ stored: StoredEnvironment, _ session: Session) async throws {
        let document = stored.document
        guard document.failure != nil else {
            let way = document.unfinishedCommand == nil ? "" : " It was interrupted, and can be resumed."
            throw try await refusal("\(document.name) has not failed: it is \(document.state).\(way)", stored, session)
        }
    }
}

struct Rerun: GoingOnCommand {
    static let configuration = CommandConfiguration(
        abstract: "Resumes, and runs an interrupted step again that is marked as not repeatable.",
        usage: "envctl rerun <name> --step <step> [<options>]",
        discussion: "Find out first what the step did: `envctl logs NAME STEP`.")
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
