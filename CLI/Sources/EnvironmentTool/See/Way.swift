import CommandLineProgram
import Commands
import EnvironmentDomain
import EnvironmentPage

/// The steps of an environment's way: those that were run, and those that come next.
struct Way {
    private(set) var steps: [LifecyclePicture.Step] = []
    private let overview: Overview
    private var times: [String: Duration] = [:]

    /// - Parameters:
    ///   - document: what is stored.
    ///   - overview: the same, with who holds it and what failed.
    ///   - history: the runs of commands until now.
    ///   - providers: where the steps are found that come next.
    init(_ document: AnyEnvironmentState, _ overview: Overview, _ history: RunHistory, _ providers: Providers) {
        self.overview = overview
        for run in history.runs {
            for step in run.steps where step.ending == .completed {
                times["\(run.command) \(step.name)"] = step.endedAt?.since(step.startedAt)
            }
        }
        let provider = document.context.provider
        let isDestroying = document.unfinishedCommand == .destroy || document.state == .destroyed
        for phase in isDestroying ? [Phase.destroy] : Phase.forward {
            // Where the steps of today cannot be read, those of the history are all that is known.
            let known = providers.steps(of: phase, of: provider) ?? []
            if document.unfinishedCommand == phase.command, let progress = document.progress {
                addUnfinished(phase.command, progress, known)
            } else if document.state == .destroyed || phase.isReached(by: document) {
                let last = history.runs.last { $0.command == phase.command && !$0.steps.isEmpty }
                let names = last?.steps.map(\.name) ?? []
                // A resumed run has only the rest of the steps.
                for name in known.filter({ !names.contains($0) }) + names where time(phase.command, name) != nil {
                    add(phase.command, name, "done", .completed, time(phase.command, name)?.inWords ?? "")
                }
            } else {
                for name in known { add(phase.command, name, "next", nil, "") }
            }
        }
    }

    private func time(_ command: CommandName, _ step: StepName) -> Duration? { times["\(command) \(step)"] }

    private mutating func addUnfinished(_ command: CommandName, _ progress: StepProgress, _ known: [StepName]) {
        for step in progress.completed {
            add(command, step.name, "done", .completed, step.finishedAt.since(step.startedAt).inWords)
        }
        var shown = progress.completed.map(\.name)
        if let failure = overview.failure {
            shown.append(failure.failedStep)
            add(command, failure.failedStep, "FAILED", .failed, overview.reason(of: failure))
        } else if let current = progress.current {
            shown.append(current.name)
            let isRunning = overview.holder != nil
            add(
                command, current.name, isRunning ? "running" : "stopped", isRunning ? .working : .interrupted,
                isRunning ? "for \(current.startedAt.age)" : "")
        }
        for name in known where !shown.contains(name) { add(command, name, "next", nil, "") }
    }

    private mutating func add(
        _ command: CommandName, _ name: StepName, _ word: String, _ outcome: RecordedRun.Outcome?, _ remark: String
    ) {
        steps.append(
            LifecyclePicture.Step(command: command, name: name, word: word, remark: remark, outcome: outcome))
    }
}
