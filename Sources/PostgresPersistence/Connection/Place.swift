#if PostgreSQL
    import EnvironmentDomain
    import OperatingSystem
    import Persistence

    /// The scope in which a process is visible: one boot of a machine, and on Linux one container.
    ///
    /// Only for a process in the same scope is it possible to know that it has ended.
    enum Place {
        static let here: String = {
            let holder = LeaseHolder.thisProcess(command: .save, run: CommandRun())
            return "\(holder.bootID ?? "") \(ThisProcess.processNamespace)"
        }()

        /// Returns whether the holder's process has certainly ended.
        static func isGone(_ holder: LeaseHolder, of place: String?) -> Bool {
            place == here && holder.isKnownToBeGone
        }
    }
#endif
