import OperatingSystem
import Synchronization

/// A switch that kills the programs of a running step at once.
///
/// To stop a command gently, cancel its task instead. Kill its programs only when that takes too long.
public final class Interruption: Sendable {
    private let state = Mutex(State())

    private struct State {
        var isUrgent = false
        var children: [Int32: ChildProcess] = [:]
    }

    /// Creates an interruption that has not been requested.
    public init() {}

    /// Kills the programs that run now, and each program that is started later.
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
