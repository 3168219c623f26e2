import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import Testing

/// Tests that a process that the system does not show is not considered ended.
struct HiddenProcessTests {
    @Test func aProcessThatCannotBeLookedAtIsNotCalledGone() async {
        await #expect(processExitsWith: .success) {
            let host = ThisProcess.hostName
            let parent = LeaseHolder(pid: getppid(), host: host, bootID: "x", processStarted: 1)
            // From here on no file can be opened, not even in /proc.
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            precondition(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            precondition(ThisProcess.startTime(of: getppid()) == 0)
            precondition(!parent.isKnownToBeGone)
            precondition(LeaseHolder(pid: .max, host: host).isKnownToBeGone)
        }
    }
}
