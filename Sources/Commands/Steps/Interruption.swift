import OperatingSystem
import Synchronization

/// The second, impatient stage of stopping: ends every program of a running step at once.
///
/// The first stage is cancelling the task that runs the command.
public final class Interruption: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isUrgent = false
        var children: [Int32: ChildProcess] = [:]
    }

    /// Creates an interruption that nobody has asked for yet.
    public init() {}

    /// Kills what runs now and what would be started after this.
    public func killNow() {
        let children = state.withLock { state in
            state.isUrgent = true
            return Array(state.children.values)
        }
        for child in children { child.killNow() }
    }

    var isUrgent: Bool { state.withLock(\.isUrgent) }

    func killing<Result>(_ child: ChildProcess, while body: () async -> Result) async -> Result {
        let isUrgent = state.withLock { state in
            state.children[child.identifier] = child
            return state.isUrgent
        }
        if isUrgent { child.killNow() }
        let result = await body()
        state.withLock { state in state.children[child.identifier] = nil }
        return result
    }
}
