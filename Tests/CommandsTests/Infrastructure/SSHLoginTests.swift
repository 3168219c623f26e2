import EnvironmentDomain
import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The outcome of an SSH login")
struct SSHLoginTests {
    private static let banner = "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1"

    struct Case: Sendable, CustomTestStringConvertible {
        let end: ToolRun.End
        let log: [String]
        let outcome: SSHLogin.Outcome
        var testDescription: String { log.last ?? "\(end)" }
    }

    @Test(
        "distinguishes no answer, a rejected key and a changed host key",
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
            // A text in a gateway's web page is not a rejected key.
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
            // The exit status of the remote command; ssh uses 255 for its own failures, too.
            Case(end: .exited(255), log: [banner, "debug1: Exit status 255"], outcome: .ranCommand(status: 255)),
            Case(
                end: .exited(255), log: ["ssh: Could not resolve hostname web: Name or service not known"],
                outcome: .noAnswer("Could not resolve hostname web: Name or service not known")),
        ])
    func outcome(_ example: Case) {
        #expect(SSHLogin.outcome(example.end, log: example.log) == example.outcome)
    }

    @Test(
        "distinguishes a failure of ssh on this machine",
        arguments: [
            (255, [], ["No user exists for uid 12345"]),
            (255, [], ["command-line: line 0: Bad configuration option: foo"]),
            (255, [], ["unknown option -- -"]),
            (
                255, ["OpenSSH_9.2p1", "debug1: Reading configuration data ssh_config"],
                ["ssh_config: line 2: Bad configuration option: x"]
            ),
            (255, ["OpenSSH_9.2p1", "Can't open user config file ssh_config: No such file or directory"], []),
            (255, ["OpenSSH_9.2p1", "Bad owner or permissions on ssh_config"], []),
            (1, [], ["Couldn't open logfile /nonexist/log: No such file or directory"]),
            (127, [], ["ssh: error while loading shared libraries: libcrypto.so.3"]),
            (0, [banner, "Failed to add the host to the list of known hosts (/build/known_hosts)."], []),
        ] as [(Int32, [String], [String])])
    func local(status: Int32, log: [String], complaints: [String]) {
        let outcome = SSHLogin.outcome(.exited(status), log: log, complaints: complaints)
        guard case .cannotRun(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect((log + complaints).contains { $0.contains(reason) }, "\(reason)")
    }

    @Test("distinguishes the jump host's errors from the host's")
    func jump() {
        let proxy = "debug1: Executing proxy command: exec ssh -F 'ssh_config' -W '[10.0.0.7]:22' _jump1"
        let closed = "Connection closed by UNKNOWN port 65535"
        func outcome(_ complaint: String...) -> SSHLogin.Outcome {
            SSHLogin.outcome(.exited(255), log: [proxy, closed], complaints: complaint)
        }
        #expect(
            outcome("me@bastion: Permission denied (publickey).")
                == .refused("me@bastion: Permission denied (publickey)."))
        #expect(
            outcome(
                "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
                "Host key for [bastion]:2222 has changed and you have requested strict checking.",
                "Host key verification failed.") == .jumpKeyChanged(entry: "[bastion]:2222"))
        #expect(
            outcome("ssh: connect to host bastion port 22: Connection refused")
                == .noAnswer("connect to host bastion port 22: Connection refused; \(closed)"))
    }
}
