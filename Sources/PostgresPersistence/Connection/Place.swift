#if PostgreSQL
    import EnvironmentDomain
    import OperatingSystem
    import Persistence

    /// Where a process can be seen: the boot of a machine, and on Linux the container.
    ///
    /// Only of a process of the same place can be said that it is gone.
    enum Place {
        static let here: String = {
            let holder = LeaseHolder.thisProcess(command: .save, run: CommandRun())
            return "\(holder.bootID ?? "") \(ThisProcess.processNamespace)"
        }()

        /// Whether the holder's process has certainly ended.
        static func isGone(_ holder: LeaseHolder, of place: String?) -> Bool {
            place == here && holder.isKnownToBeGone
        }
    }
#endif
