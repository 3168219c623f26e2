public import EnvironmentDomain
import OperatingSystem

/// What can be known of the process that a lock's record names.
public enum HolderCondition: String, CaseIterable, Codable, Hashable, Sendable {
    /// It lives on this machine.
    case alive
    /// It lives on this machine and was stopped (SIGSTOP, Ctrl-Z, a debugger): it will hold the lock until it continues.
    case stopped
    /// It ended.
    case gone
    /// It is on another machine, or in another container of this one, and cannot be inspected from here.
    case elsewhere
    /// The record does not say which process it is.
    case unknown
}

extension LeaseHolder {
    /// What can be known, from this machine, of the process that the record names.
    ///
    /// For people; whether a lock is free is the kernel's to say.
    public var condition: HolderCondition {
        guard let pid, pid > 0 else { return .unknown }
        guard host == ThisProcess.hostName else { return .elsewhere }
        if isKnownToBeGone { return .gone }
        return ThisProcess.isStopped(pid) ? .stopped : .alive
    }
}
