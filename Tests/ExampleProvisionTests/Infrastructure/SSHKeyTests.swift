import OperatingSystem
import Testing

@Suite(
    "An unusable login key is reported before anything is made",
    .enabled(
        if: Terraform.isThere && ThisProcess.findProgram("ssh-keygen") != nil,
        "tofu, terraform or ssh-keygen is missing"))
struct SSHKeyTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox()
        try sandbox.infrastructure(Terraform.waiting(1))
    }

    /// A way to spoil a good key pair `key`, the expected error, and whether the message contains the command that
    /// repairs it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: String
        let saying: String
        var way: String?

        init(_ description: String, _ script: String, _ saying: String, way: String? = nil) {
            testDescription = description
            self.script = script
            self.saying = saying
            self.way = way
        }
    }

    static let cases = [
        Case(
            "with a passphrase and no agent", "ssh-keygen -q -p -N secret -f key", "has a passphrase"),
        Case("open to others", "chmod 644 key", "can be read by others", way: "chmod 600 "),
        Case("open to the group", "chmod 640 key", "can be read by others", way: "chmod 600 "),
        Case("with CRLF", "sed -i 's/$/\\r/' key", "CRLF", way: "sed -i.crlf "),
        Case(
            "without a newline at its end", "printf %s \"$(cat key)\" > key", "no newline at its end", way: "echo >> "),
        Case("the public one", "cp key.pub key", "is a public key"),
        Case("without the public one", "rm key.pub", "key.pub cannot be read", way: "ssh-keygen -y -f "),
        Case(
            "beside another's public one", "ssh-keygen -q -N '' -t rsa -f other && cp other.pub key.pub",
            "is not the public key of"),
        Case("beside a private one as the public one", "cp key key.pub", "does not hold a public key"),
        Case("of PuTTY", "echo 'PuTTY-User-Key-File-3: ssh-ed25519' > key", "puttygen"),
        Case("that is none", "echo hello > key", "format that ssh cannot read"),
        Case("that is cut off", "truncate -s 100 key && echo >> key", "format that ssh cannot read"),
        Case("that is empty", ": > key", "is empty"),
        Case("that is empty and has no public one", ": > key; rm key.pub", "is empty"),
        Case("that is none and has no public one", "echo hello > key; rm key.pub", "format that ssh cannot read"),
        Case("open to others without the public one", "chmod 644 key; rm key.pub", "can be read by others"),
        Case("that is a folder", "rm key && mkdir key", "is not a file"),
        Case("that is a pipe", "rm key && mkfifo -m 600 key", "is not a file"),
        Case("that is not there", "rm key", "is not there"),
    ]

    private func makeKey() async throws { try await sandbox.shell("ssh-keygen -q -t ed25519 -N '' -f key") }

    @Test("of a new environment", arguments: cases)
    func new(_ example: Case) async throws {
        try await makeKey()
        try await sandbox.shell(example.script)
        let refused = try await sandbox.run("my-env", "--infrastructure", "infra", "--ssh-key", "key")
        #expect(refused.code == 64 && refused.lastWord.contains(example.saying), "\(refused)")
        #expect(!sandbox.exists("data/my-env") && !sandbox.exists("home/begun"))
        guard let way = example.way else { return }
        let range = try #require(refused.lastWord.firstRange(of: way), "\(refused)")
        let command = refused.lastWord[range.lowerBound...].replacing(". Nothing was done.", with: "")
        try await sandbox.shell(String(command))
        let repaired = try await sandbox.run("my-env", "--infrastructure", "infra", "--ssh-key", "key", "--dry-run")
        #expect(repaired.code == 0, "\(repaired)")
    }

    @Test("of an environment that was created with it when it was good", arguments: ["chmod 644 key", "rm key.pub"])
    func stored(script: String) async throws {
        try await makeKey()
        // The run fails before machines are made, because the plan is invalid.
        try sandbox.infrastructure("resource \"terraform_data\" \"a\" { input = file(\"\(sandbox.path("missing"))\") }")
        let failed = try await sandbox.run("my-env", "--infrastructure", "infra", "--ssh-key", "key")
        #expect(failed.code == 1, "\(failed)")
        try sandbox.infrastructure(Terraform.waiting(1))
        try await sandbox.shell(script)
        let refused = try await sandbox.run("my-env", "--json")
        #expect(refused.code == 64, "\(refused)")
        #expect(try refused.json()["error"]["kind"].text == "unusable_key")
        #expect(!sandbox.exists("home/begun"))
    }

    @Test(
        "is usable with a passphrase, or without its private half here, when an agent has it",
        .enabled(if: ThisProcess.findProgram("ssh-agent") != nil, "ssh-agent is missing"), arguments: [false, true])
    func agent(isPrivateHere: Bool) async throws {
        try await makeKey()
        let outcome = try await sandbox.run(
            "my-env", "--infrastructure", "infra", "--ssh-key", "key",
            shell: """
                eval "$(ssh-agent -s)" > /dev/null
                ssh-add -q key && ssh-keygen -q -p -N secret -f key > /dev/null
                \(isPrivateHere ? ":" : "rm key")
                "$@"; code=$?
                kill "$SSH_AGENT_PID"
                exit $code
                """)
        #expect(outcome.code == 0, "\(outcome)")
    }
}
