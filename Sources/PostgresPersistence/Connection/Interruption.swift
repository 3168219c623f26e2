#if PostgreSQL
    import Synchronization

    /// A flag that ends a wait on a connection from another task.
    final class Interruption: Sendable {
        private let flag = Atomic(false)

        var isRaised: Bool { flag.load(ordering: .acquiring) }
        func raise() { flag.store(true, ordering: .releasing) }
    }
#endif
