import EnvironmentDomain

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
        /// Of those that were completed (seconds).
        fileprivate(set) var meanSeconds: Double?
        fileprivate(set) var longestSeconds: Double?

        enum CodingKeys: String, CodingKey {
            case command, name, started, completed, failed, interrupted
            case meanSeconds = "mean_seconds"
            case longestSeconds = "longest_seconds"
        }
    }

    private(set) var saves = Saves()
    /// How many runs of commands changed something.
    private(set) var runs = 0
    /// How many of them went on with what an earlier run had not ended.
    private(set) var resumes = 0
    private(set) var lastResume: Timestamp?
    private(set) var steps: [Step] = []

    enum CodingKeys: String, CodingKey {
        case saves, runs, resumes, steps
        case lastResume = "last_resume"
    }

    /// Adds the history of one environment.
    mutating func add(_ lines: [HistoryLine]) {
        saves.succeeded += lines.count
        saves.failed += lines.reduce(0) { $0 + $1.missed.count }
        saves.attempts = saves.succeeded + saves.failed
        let events = lines.flatMap { $0.missed + [$0.event] }
        runs += Set(events.map(\.commandID)).count
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
                    lastResume = max(lastResume ?? event.at, event.at)
                }
                open = (name, event)
            case .completed:
                steps[place].completed += 1
                if let open, open.step == name {
                    let milliseconds = event.at.millisecondsSince1970 - open.event.at.millisecondsSince1970
                    note(Double(milliseconds) / 1000, place)
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

    private mutating func note(_ seconds: Double, _ place: Int) {
        let count = Double(steps[place].completed)
        steps[place].meanSeconds = ((steps[place].meanSeconds ?? 0) * (count - 1) + seconds) / count
        steps[place].longestSeconds = max(steps[place].longestSeconds ?? 0, seconds)
    }

    private mutating func place(of name: StepName, in command: CommandName) -> Int {
        if let place = steps.firstIndex(where: { $0.name == name && $0.command == command }) { return place }
        steps.append(Step(command: command, name: name))
        return steps.count - 1
    }
}
