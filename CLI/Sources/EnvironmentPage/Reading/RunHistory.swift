public import EnvironmentDomain

/// The runs of commands that an environment's history records, the oldest first.
public struct RunHistory: Hashable, Sendable {
    /// The runs, the oldest first.
    public private(set) var runs: [RecordedRun] = []
    /// The states that the environment came into, one after the other.
    public private(set) var states: [LifecycleState] = []
    /// The states that the environment has been in.
    public var visited: Set<LifecycleState> { Set(states) }

    /// Reads the runs from the lines of a history.
    public init(_ lines: [HistoryLine]) {
        for line in lines {
            for event in line.missed { add(event, serial: line.serial, isSaved: false) }
            add(line.event, serial: line.serial, isSaved: true)
        }
    }

    private mutating func add(_ event: HistoryEvent, serial: Int, isSaved: Bool) {
        if case .transition(let from, let to) = event.change {
            // Where lines before it are not kept, the state that it left is known all the same.
            if let from, states.last != from { states.append(from) }
            if states.last != to { states.append(to) }
        }
        if runs.last?.id != event.commandID || runs.last?.command != event.command {
            runs.append(RecordedRun(event, serial: serial))
        }
        runs[runs.count - 1].add(event, serial: serial, isSaved: isSaved)
    }

    /// Adds what a state of a run holds beside the run's events: the attempts of its steps, and whether they are complete.
    public mutating func add(_ document: AnyEnvironmentState) {
        guard let progress = document.progress,
            let index = runs.lastIndex(where: { $0.id == progress.commandID })
        else { return }
        runs[index].add(progress)
        if let failure = document.failure { runs[index].add(failure) }
    }
}
