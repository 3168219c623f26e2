public import EnvironmentDomain
import OperatingSystem

extension LeaseHolder {
    /// Asks the process to stop in order, as a first signal does; one that is stopped by a signal is continued, so that it can.
    ///
    /// The caller makes sure that the process is the one that the record names, and on this machine.
    ///
    /// - Throws: ``Failure`` when the process is gone, or belongs to another user.
    public func askToStop() throws {
        guard let pid else { return }
        do {
            // What a script started in the background ignores Ctrl-C's signal, and never this one.
            try Signals.send(Signals.terminate, to: pid)
            try Signals.send(Signals.continue, to: pid)
        } catch {
            throw Failure(
                .notSaved, "not_stopped",
                "Process \(pid) cannot be asked to stop: \(error.reason). Nothing was changed.")
        }
    }
}
