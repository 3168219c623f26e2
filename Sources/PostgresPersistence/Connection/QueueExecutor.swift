#if PostgreSQL
    import Dispatch

    /// Runs an actor's work on a dispatch queue of its own, so that blocking calls of libpq hold no thread of the
    /// concurrency pool.
    final class QueueExecutor: SerialExecutor {
        private let queue = DispatchQueue(label: "postgres connection")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        }
    }
#endif
