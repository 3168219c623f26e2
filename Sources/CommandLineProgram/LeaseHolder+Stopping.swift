public import EnvironmentDomain
import OperatingSystem

extension LeaseHolder {
    /// Asks the process to stop in order, as its first signal does, and continues a process that is suspended.
    ///
    /// The caller must have checked that the process is on this machine and is the one in the record.
    ///
    /// - Throws: ``Failure`` when the process is gone, or belongs to another user.
    public func askToStop() throws {
        guard let pid else { return }
        do {
            // A process that a script started in the background ignores SIGINT, but not SIGTERM.
            try Signals.send(Signals.terminate, to: pid)
            try Signals.send(Signals.continue, to: pid)
        } catch {
            throw Failure(
                .notSaved, "not_stopped",
                "Process \(pid) cannot be asked to stop: \(error.reason). Nothing was changed.")
        }
    }
}
