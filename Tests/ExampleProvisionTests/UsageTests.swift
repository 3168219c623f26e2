import Testing

@Suite("A command line", .serialized)
struct UsageTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test(
        "that is invalid ends with 64 and the reason, and creates nothing",
        arguments: [
            Invocation([], 64, "NAME"),
            Invocation(["--status"], 64, "NAME"),
            Invocation(["a", "b"], 64, "a and b"),
            Invocation(["my-env", "-v"], 64, "-v"),
            Invocation(["my-env", "--nonsense"], 64, "--nonsense"),
            Invocation(["my-env", "--nonsense=1"], 64, "--nonsense"),
            Invocation(["my-env", "--data-dir"], 64, "--data-dir"),
            Invocation(["my-env", "--data-dir="], 64, "--data-dir"),
            Invocation(["my-env", "--data-dir", ""], 64, "--data-dir"),
            Invocation(["my-env", "--until", "configuring"], 64, "configured"),
            Invocation(["my-env", "--until", "created"], 64, "provisioned"),
            Invocation(["my-env", "--until"], 64, "--until"),
            Invocation(["my-env", "--lock-timeout", "-1"], 64, "--lock-timeout"),
            Invocation(["my-env", "--lock-timeout", "soon"], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", "nan"], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", "inf"], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", "0x10"], 64, "--lock-timeout"),
            Invocation(["my-env", "--lock-timeout", "1e3"], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", "+5"], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", ".5"], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", "5."], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", "1.2.3"], 64, "seconds"),
            Invocation(["my-env", "--lock-timeout", "٣"], 64, "seconds"),
            Invocation(["my-env", "--ssh-timeout", "0x10"], 64, "--ssh-timeout"),
            Invocation(["my-env", "--ssh-timeout", "0"], 64, "--ssh-timeout"),
            Invocation(["my-env", "--ssh-port", "+22"], 64, "65535"),
            Invocation(["my-env", "--ssh-port", "0x16"], 64, "65535"),
            Invocation(["my-env", "--ssh-port", "0"], 64, "65535"),
            Invocation(["my-env", "--ssh-port", "65536"], 64, "65535"),
            Invocation(["my-env", "--ssh-port", "ssh"], 64, "65535"),
            Invocation(["my-env", "--ssh-user", "a b"], 64, "a b"),
            Invocation(["my-env", "--log-format", "xml"], 64, "text or json"),
            Invocation(["my-env", "--quiet", "--verbose"], 64, "--verbose"),
            Invocation(["my-env", "--status", "--destroy"], 64, "exclude"),
            Invocation(["my-env", "--purge", "--destroy"], 64, "exclude"),
            Invocation(["my-env", "--status", "--recover", "f"], 64, "exclude"),
            Invocation(["my-env", "--status", "--dry-run"], 64, "exclude"),
            Invocation(["my-env", "--purge", "--dry-run"], 64, "exclude"),
            Invocation(["my-env", "--provider", "aws"], 64, "aws"),
            Invocation(["my-env", "--provider", "workflow"], 64, "--workflow"),
            Invocation(["my-env", "--provider", "local", "--workflow", "workflow.json"], 64, "exclude"),
            Invocation(["my-env", "--rerun", "Bad Step"], 64, "Bad Step"),
            Invocation(["my-env", "--rerun", "unknown_step"], 64, "unknown_step"),
            Invocation(["my-env", "--recover", "absent.json"], 64, "absent.json"),
            Invocation(["my-env", "--destroy", "--until", "released"], 64, "exclude"),
            Invocation(["my-env", "--purge", "--rerun", "a"], 64, "exclude"),
            Invocation(["my-env", "--destroy", "--set", "a=b"], 64, "--set and --destroy exclude"),
            Invocation(["my-env", "--destroy", "--ssh-user", "u"], 64, "--ssh-user and --destroy exclude"),
            Invocation(["my-env", "--playbooks"], 64, "--playbooks needs --validate"),
            Invocation(["my-env", "--destroy", "--ssh-user", "me"], 64, "--ssh-user"),
            Invocation(["my-env", "--status", "--ssh-port", "23"], 64, "--ssh-port"),
            Invocation(["my-env", "--set", "tag=v1", "--set", "tag=v2"], 64, "tag twice"),
            Invocation(["my-env", "--json=yes"], 64, "--json"),
            Invocation(["my-env", "--workflow", "absent.json"], 64, "absent.json"),
            Invocation(["my-env", "--workflow", "."], 64, "workflow"),
            Invocation([""], 64, "NAME"),
        ])
    func usage(invocation: Invocation) async throws {
        try sandbox.workflow()
        let before = try await sandbox.shell("ls -AR . | grep -v '^run-'")
        let outcome = try await sandbox.run(invocation.arguments)
        #expect(outcome.code == 64)
        #expect(outcome.lastWord.hasPrefix("error: ") && outcome.lastWord.contains(invocation.saying))
        #expect(outcome.output.isEmpty)
        #expect(try await sandbox.shell("ls -AR . | grep -v '^run-'") == before)
    }

    @Test(
        "that repeats an option is invalid, with the same value or with another",
        arguments: [
            ["--data-dir", "a"], ["--provider", "local"], ["--workflow", "workflow.json"], ["--infrastructure", "a"],
            ["--tofu", "a"], ["--ssh-user", "a"], ["--ssh-key", "a"], ["--ssh-port", "22"], ["--ssh-jump", "a"],
            ["--ssh-timeout", "1"], ["--until", "released"], ["--from", "release"], ["--lock-timeout", "1"],
            ["--dry-run"], ["--status"], ["--validate"], ["--playbooks"], ["--destroy"], ["--purge"],
            ["--recover", "a"], ["--emergency-dir", "a"], ["--rerun", "a"], ["--json"], ["--log-format", "text"],
            ["--quiet"], ["--verbose"],
        ])
    func doubled(option: [String]) async throws {
        let outcome = try await sandbox.run(["my-env"] + option + option)
        #expect(outcome.code == 64, "\(outcome)")
        #expect(outcome.lastWord.contains("\(option[0]) is given twice"), "\(outcome)")
        #expect(!sandbox.exists("data"))
    }

    @Test(
        "with an invalid environment name is invalid",
        arguments: [
            "My-Env", "my_env", "1env", "-env", "env-", "my--env", "../up", "a/b", "a.b", "a b", "ä", ".", "env\n",
            String(repeating: "a", count: 64),
        ])
    func names(name: String) async throws {
        let outcome = try await sandbox.run(name)
        #expect(outcome.code == 64)
        #expect(outcome.output.isEmpty && outcome.lastWord.hasPrefix("error: "))
        #expect(!sandbox.exists("data"))
    }

    @Test("may have a value after an equals sign")
    func equals() async throws {
        let outcome = try await sandbox.run("--data-dir=else where", "my-env", "--until=provisioned", "--json")
        #expect(outcome.code == 0)
        #expect(try outcome.json()["data_dir"].text == sandbox.path("else where"))
        // The suggested command line can be typed.
        #expect(try outcome.json()["next"].text == "example-provision my-env --data-dir 'else where'")
        let next = try await sandbox.run(
            [], shell: "PATH=${PROGRAM%/*}:$PATH; example-provision my-env --data-dir 'else where'")
        #expect(next.code == 0)
    }

    @Test("may have the longest name and fractions of seconds")
    func longest() async throws {
        let name = String(repeating: "a", count: 63)
        #expect(try await sandbox.run(name, "--lock-timeout", "0.5").code == 0)
        try sandbox.checkStored(name)
    }
}
