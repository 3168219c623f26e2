import Commands
import EnvironmentDomain
import EnvironmentPage
import Persistence

/// What can be counted in histories.
struct Figures: Encodable, Sendable {
    struct Saves: Encodable, Sendable {
        fileprivate(set) var attempts = 0
        fileprivate(set) var succeeded = 0
        /// Those that a later save made good; one that never was is not known.
        fileprivate(set) var failed = 0
        var successRate: Double? { attempts == 0 ? nil : Double(succeeded) / Double(attempts) }

        enum CodingKeys: String, CodingKey {
            case attempts, succeeded, failed
            case successRate = "success_rate"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(attempts, forKey: .attempts)
            try container.encode(succeeded, forKey: .succeeded)
            try container.encode(failed, forKey: .failed)
            try container.encodeIfPresent(successRate, forKey: .successRate)
        }
    }

    struct Step: Encodable, Sendable {
        let command: CommandName
        let name: StepName
        fileprivate(set) var started = 0
        fileprivate(set) var completed = 0
        fileprivate(set) var failed = 0
        fileprivate(set) var interrupted = 0
        /// How long those took that were completed.
        fileprivate(set) var times = DurationHistogram()

        enum CodingKeys: String, CodingKey {
            case command, name, started, completed, failed, interrupted
            case meanSeconds = "mean_seconds"
            case p50Seconds = "p50_seconds"
            case p95Seconds = "p95_seconds"
            case p99Seconds = "p99_seconds"
            case longestSeconds = "longest_seconds"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(command, forKey: .command)
            try container.encode(name, forKey: .name)
            try container.encode(started, forKey: .started)
            try container.encode(completed, forKey: .completed)
            try container.encode(failed, forKey: .failed)
            try container.encode(interrupted, forKey: .interrupted)
            for (key, time) in [
                (CodingKeys.meanSeconds, times.mean), (.p50Seconds, times.percentile(50)),
                (.p95Seconds, times.percentile(95)), (.p99Seconds, times.percentile(99)),
                (.longestSeconds, times.longest),
            ] {
                try container.encodeIfPresent(time.map { $0 / .seconds(1) }, forKey: key)
            }
        }
    }

    /// How runs of commands that work on an environment ended.
    struct Endings: Encodable, Sendable {
        fileprivate(set) var completed = 0
        fileprivate(set) var failed = 0
        /// By a signal, or without a word; also one that still works.
        fileprivate(set) var interrupted = 0
    }

    private(set) var saves = Saves()
    private(set) var deployments = Endings()
    private(set) var destroys = Endings()
    /// How many runs of commands changed something.
    private(set) var runs = 0
    /// How many of them resumed what an earlier run had not ended.
    private(set) var resumes = 0
    private(set) var lastResume: Timestamp?
    private(set) var steps: [Step] = []

    enum CodingKeys: String, CodingKey {
        case saves, deployments, destroys, runs, resumes, steps
        case lastResume = "last_resume"
    }

    /// Adds the history of one environment.
    ///
    /// - Parameters:
    ///   - lines: the history.
    ///   - history: the runs in it, with the states that say how they ended.
    mutating func add(_ lines: [HistoryLine], _ history: RunHistory) {
        saves.succeeded += lines.count
        saves.failed += lines.reduce(0) { $0 + $1.missed.count }
        saves.attempts = saves.succeeded + saves.failed
        let events = lines.flatMap { $0.missed + [$0.event] }
        runs += Set(events.map(\.commandID)).count
        addEndings(of: history.runs)
        // The step that has begun and not ended, and the run that began it.
        var open: (step: StepName, event: HistoryEvent)?
        for event in events {
            guard case .step(let name, let change) = event.change else { continue }
            let place = place(of: name, in: event.command)
            switch change {
            case .started:
                steps[place].started += 1
                if let open, open.event.command == event.command, open.event.commandID != event.commandID {
                    resumes += 1
                    lastResume = event.at
                }
                open = (name, event)
            case .completed:
                steps[place].completed += 1
                if let open, open.step == name {
                    // The clock may have been set back in between.
                    steps[place].times.add(max(.zero, event.at.since(open.event.at)))
                }
                open = nil
            case .failed:
                steps[place].failed += 1
                open = nil
            case .interrupted:
                steps[place].interrupted += 1
            }
        }
    }

    /// Counts how each run of a phase, or of a destroy, ended.
    private mutating func addEndings(of runs: [RecordedRun]) {
        for run in runs where Phase(run.command) != nil {
            let ending: WritableKeyPath<Endings, Int> =
                switch run.outcome(isHeld: false) {
                case .completed: \.completed
                case .failed: \.failed
                case .interrupted, .working, .unknown: \.interrupted
                }
            if run.command == .destroy { destroys[keyPath: ending] += 1 } else { deployments[keyPath: ending] += 1 }
        }
    }

    private mutating func place(of name: StepName, in command: CommandName) -> Int {
        if let place = steps.firstIndex(where: { $0.name == name && $0.command == command }) { return place }
        steps.append(Step(command: command, name: name))
        return steps.count - 1
    }
}
