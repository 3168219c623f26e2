import COperatingSystem
import Dispatch

/// Runs tasks on threads that may block, so that system calls which wait (fsync, flock, a read from a slow disk) hold no
/// thread of the concurrency pool.
///
/// What runs within ``withBlockingThread(_:)`` blocks in place, without a change of thread; a command, and the body of
/// `withLease`, are run within it. Each job gets a thread at once, also when every other one is blocked: a serial queue of its own is what the
/// system never keeps waiting for a free thread.
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

/// Runs `body`, and all that it calls outside of actors, on a thread that may block; in place when this thread is one.
package func withBlockingThread<Result, Failure: Error>(
    _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
    if BlockingExecutor.isCurrent { return try await body() }
    return try await withTaskExecutorPreference(BlockingExecutor.shared) { () async throws(Failure) -> Result in
        _ = await changeThread()
        return try await body()
    }
}

/// Leaves the thread of the caller: a preference alone takes effect at the next change of executor only.
///
/// - Returns: whether the new one may block; asking makes sure that the change is not optimized away.
@concurrent private func changeThread() async -> Bool { BlockingExecutor.isCurrent }
