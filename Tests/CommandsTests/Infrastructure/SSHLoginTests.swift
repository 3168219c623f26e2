import EnvironmentDomain
import OperatingSystem
import Testing

@testable import Commands

@Suite("What ssh says of a login")
struct SSHLoginTests {
    private static let banner = "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1"

    struct Case: Sendable, CustomTestStringConvertible {
        let end: ChildProcess.End
        let log: [String]
        let outcome: SSHLogin.Outcome
        var testDescription: String { log.last ?? "\(end)" }
    }

    @Test(
        "tells no answer, a refusal and another host key apart",
        arguments: [
            Case(end: .exited(0), log: [banner], outcome: .ranCommand(status: 0)),
            Case(end: .exited(3), log: [banner], outcome: .ranCommand(status: 3)),
            Case(
                end: .exited(255), log: ["ssh: connect to host 10.0.0.7 port 22: Connection refused\r"],
                outcome: .noAnswer("connect to host 10.0.0.7 port 22: Connection refused")),
            Case(
                end: .exited(255),
                log: ["debug1: Connection established.", "Connection timed out during banner exchange"],
                outcome: .noAnswer("Connection timed out during banner exchange")),
            // What a gateway's page says is no refusal of a key.
            Case(
                end: .exited(255),
                log: ["debug1: kex_exchange_identification: banner line 0: 403", "Permission denied (proxy)"],
                outcome: .noAnswer("Permission denied (proxy)")),
            Case(
                end: .exited(255), log: [banner, "deploy@10.0.0.7: Permission denied (publickey)."],
                outcome: .refused("deploy@10.0.0.7: Permission denied (publickey).")),
            Case(
                end: .exited(255),
                log: [
                    "Load key \"/keys/id\": error in libcrypto", banner,
                    "deploy@10.0.0.7: Permission denied (publickey).",
                ],
                outcome: .refused(
                    "Load key \"/keys/id\": error in libcrypto; deploy@10.0.0.7: Permission denied (publickey).")),
            Case(
                end: .exited(255), log: [banner, "Connection closed by 10.0.0.7 port 22"],
                outcome: .noAnswer("Connection closed by 10.0.0.7 port 22")),
            Case(
                end: .exited(255),
                log: [
                    banner, "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
                    "Host key verification failed.",
                ], outcome: .hostKeyChanged),
            Case(
                end: .exited(255),
                log: [banner, "No ED25519 host key is known", "Host key verification failed."],
                outcome: .hostKeyUnknown),
            Case(end: .signalled(9), log: [banner], outcome: .noAnswer("ssh was ended by signal 9")),
        ])
    func outcome(_ example: Case) {
        #expect(SSHLogin.outcome(example.end, log: example.log) == example.outcome)
    }
}
