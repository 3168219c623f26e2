import CommandLineProgram
import EnvironmentDomain

/// How long what an event ended had lasted: a step, or the state that was left.
struct EventDurations {
    private var texts: [HistoryEvent: String] = [:]

    /// Reads a whole history, of which any part can be shown then.
    init(_ lines: [HistoryLine]) {
        var started: [StepName: Timestamp] = [:]
        var entered: Timestamp?
        for event in lines.flatMap({ $0.missed + [$0.event] }) {
            switch event.change {
            case .step(let step, .started): started[step] = event.at
            case .step(let step, _):
                // Of a run that was killed nobody knows when its step ended.
                if let start = started.removeValue(forKey: step) { texts[event] = event.at.since(start).inWords }
            case .transition(let from, let to) where from != to:
                if let entered { texts[event] = "held for \(event.at.since(entered).asAge)" }
                entered = event.at
            case .transition, .saved: break
            }
        }
    }

    subscript(event: HistoryEvent) -> String? { texts[event] }
}
