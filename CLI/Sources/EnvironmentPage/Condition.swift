import EnvironmentDomain

/// What an environment needs from its reader, the most urgent first.
enum Condition: Int, CaseIterable, Comparable {
    case damaged, failed, interrupted, doubtful, frozen, working, settled

    init(_ environment: ReportedEnvironment, at moment: Timestamp) {
        guard let document = environment.document else {
            self = .damaged
            return
        }
        if environment.holder != nil {
            self = .working
        } else if document.failure != nil {
            self = .failed
        } else if environment.isInterrupted {
            self = .interrupted
        } else if environment.standing.error != nil {
            self = .doubtful
        } else {
            self = document.context.freeze?.holds(at: moment) == true ? .frozen : .settled
        }
    }

    static func < (left: Condition, right: Condition) -> Bool { left.rawValue < right.rawValue }

    /// Whether somebody has to do something.
    var needsAttention: Bool { self < .working }

    /// The condition in a word, beside the number of environments in it.
    var word: String {
        switch self {
        case .damaged: "unreadable"
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .doubtful: "doubtful"
        case .frozen: "frozen"
        case .working: "at work"
        case .settled: "settled"
        }
    }

    var tone: Tone {
        switch self {
        case .damaged, .failed: .failed
        case .interrupted, .doubtful, .frozen: .waiting
        case .working: .working
        case .settled: .done
        }
    }
}

/// The colour of a state, which always comes with a word.
enum Tone: String {
    case done, failed, waiting, working, idle
}

extension ReportedEnvironment {
    /// The colour of the environment as a whole.
    func tone(_ condition: Condition) -> Tone {
        guard condition == .settled, let state = document?.state else { return condition.tone }
        return [.created, .destroyed].contains(state) ? .idle : .done
    }
}
