import Dispatch
import Synchronization

/// Work that goes on while its owner waits for something else, such as the disk.
///
/// Whoever comes first does it: a thread of its own, or the owner when it asks for the result.
package final class ParallelWork<Result: Sendable>: Sendable {
    private enum State {
        case waiting, taken
        case done(Result)
    }

    private let work: @Sendable () -> Result
    private let state = Mutex(State.waiting)
    private let isDone = DispatchSemaphore(value: 0)

    /// Hands the work to a thread.
    ///
    /// - Parameter isAhead: whether to begin before the owner asks, which costs two changes of thread.
    package init(isAhead: Bool, _ work: @escaping @Sendable () -> Result) {
        self.work = work
        guard isAhead else { return }
        // A queue of its own gets a thread also when every thread of the global queues is blocked.
        DispatchQueue(label: "parallel work").async { self.doUnlessTaken() }
    }

    private func doUnlessTaken() {
        let isMine = state.withLock { state in
            guard case .waiting = state else { return false }
            state = .taken
            return true
        }
        guard isMine else { return }
        let result = work()
        state.withLock { $0 = .done(result) }
        isDone.signal()
    }

    /// The result; blocks the thread while another one is at it.
    package var result: Result {
        doUnlessTaken()
        isDone.wait()
        defer { isDone.signal() }
        guard case .done(let result) = state.withLock(\.self) else { preconditionFailure("it is signalled as done") }
        return result
    }
}
