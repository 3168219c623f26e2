#if PostgreSQL
    import Synchronization

    /// Ends a wait on a connection from outside.
    final class Interruption: Sendable {
        private let flag = Atomic(false)

        var isRaised: Bool { flag.load(ordering: .acquiring) }
        func raise() { flag.store(true, ordering: .releasing) }
    }
#endif
