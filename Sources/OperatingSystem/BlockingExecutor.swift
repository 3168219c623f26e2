import COperatingSystem
import Dispatch

/// An executor that runs tasks on threads that may block, so that system calls that wait (fsync, flock, a read from a
/// slow disk) occupy no thread of the concurrency pool.
///
/// Code within ``withBlockingThread(_:)`` blocks in place, without a change of thread. Commands, and the bodies of
/// `withLease`, run within it. Each job gets a thread immediately, also when all others are blocked, because each has a
/// serial queue of its own and the system never lets a serial queue wait for a free thread.
package final class BlockingExecutor: TaskExecutor {
    package static let shared = BlockingExecutor()

    private init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        DispatchQueue(label: "blocking work").async {
            os_set_thread_may_block(true)
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
            os_set_thread_may_block(false)
        }
    }

    /// Whether the calling thread may block.
    package static var isCurrent: Bool { os_thread_may_block() }
}

/// Runs `body`, and everything it calls outside of actors, on a thread that may block; if the present thread is one, in
/// place.
package func withBlockingThread<Result, Failure: Error>(
    _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
    if BlockingExecutor.isCurrent { return try await body() }
    return try await withTaskExecutorPreference(BlockingExecutor.shared) { () async throws(Failure) -> Result in
        _ = await changeThread()
        return try await body()
    }
}

/// Leaves the caller's thread, because an executor preference takes effect only at the next change of executor.
///
/// - Returns: Whether the new thread may block. The result prevents the change from being optimized away.
@concurrent private func changeThread() async -> Bool { BlockingExecutor.isCurrent }
