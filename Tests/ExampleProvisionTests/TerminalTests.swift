import OperatingSystem
import Testing

@Suite("On a terminal", .serialized)
struct TerminalTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Runs the program on a pseudo-terminal and returns everything that it printed there.
    private func onTerminal(
        _ options: String = "", variables: [String: String] = ["TERM": "xterm"], redirect: String = ""
    ) async throws -> String {
        try sandbox.workflow(provision: [.address, Step("slow", "sleep 0.5")])
        let outcome = try await sandbox.run(
            [], variables: variables,
            shell:
                "exec script -qec '\"$PROGRAM\" my-env --workflow workflow.json \(options) \(redirect)' /dev/null </dev/null"
        )
        #expect(outcome.code == 0)
        return outcome.output
    }

    @Test("the running step is redrawn in place, with marks")
    func redraws() async throws {
        let shown = try await onTerminal()
        #expect(shown.contains("\r\u{1B}[K… provision 2/2 slow ("))
        #expect(shown.matches(of: #/\r\x1B\[K… provision 2/2 slow/#).count > 2)
        let green = "\u{1B}[32m✓\u{1B}[0m"
        #expect(shown.contains("\(green) provision create_instance (") && shown.contains("\(green) provision slow ("))
        try sandbox.checkStored()
    }

    @Test(
        "nothing is redrawn and no escape codes are written when they are disabled",
        arguments: [
            (["TERM": "dumb"], "", ""), (["TERM": "xterm", "NO_COLOR": "1"], "", ""),
            (["TERM": "xterm"], "--log-format json", ""), (["TERM": "xterm"], "", "2>errors"),
            (["TERM": "xterm"], "", "2>&1 | cat"),
        ])
    func plain(variables: [String: String], options: String, redirect: String) async throws {
        let shown =
            try await onTerminal(options, variables: variables, redirect: redirect) + (sandbox.read("errors") ?? "")
        #expect(!shown.contains("\u{1B}") && !shown.contains("✓"))
        #expect(!shown.replacing("\r\n", with: "\n").contains("\r"))
    }

    @Test(
        "transitions are a part of the progress, in the order in which things happen, and --quiet drops the log alone",
        arguments: ["", "--quiet"], ["xterm", "dumb"])
    func transitions(options: String, terminal: String) async throws {
        let shown = try await onTerminal(options, variables: ["TERM": terminal])
        let lines = shown.replacing("\r\n", with: "\n").split(separator: "\n").map(String.init)
            .map { $0.replacing(#/\x1B\[[0-9;]*[mK]|.*\r/#, with: "").replacing(#/\(\d.*/#, with: "") }
        let (state, done, arrow) = terminal == "dumb" ? ("state  ", "done   ", "->") : (" ", "✓", "→")
        let expected = [
            "\(state) created", "\(state) created \(arrow) provisioning", "\(done) provision create_instance ",
            "\(done) provision slow ", "\(state) provisioning \(arrow) provisioned",
            "\(state) provisioned \(arrow) configuring", "\(state) configuring \(arrow) configured",
        ]
        let ended = Array(lines.filter { !$0.hasPrefix("start") }.prefix(expected.count))
        #expect(ended == expected, "\(shown)")
        #expect(!shown.contains("INFO"))
    }

    @Test("plain marks are used when the locale is not UTF-8")
    func marks() async throws {
        let shown = try await onTerminal(variables: ["TERM": "xterm", "LANG": "C"])
        #expect(shown.contains("\u{1B}[K") && !shown.contains("✓"))
        #expect(shown.contains("\u{1B}[32mdone   \u{1B}[0m provision slow"))
    }

    @Test("Ctrl-C stops the step and the program ends with 130")
    func interrupt() async throws {
        try sandbox.workflow(provision: [.address, Step("slow", "touch \"$HOME/reached\"; exec sleep 600")])
        let outcome = try await sandbox.run(
            [], variables: ["TERM": "xterm"],
            shell:
                "(while [ ! -e \"$HOME/reached\" ]; do sleep 0.05; done; printf '\\003'; sleep 3) | script -qec '\"$PROGRAM\" my-env --workflow workflow.json' /dev/null"
        )
        #expect(outcome.code == 130)
        #expect(try sandbox.events().last == "provision:slow interrupted")
    }

    @Test(
        "a program of a step that prompts fails immediately, as it does without a terminal",
        arguments: [
            ("read line </dev/tty", ""), ("stty sane </dev/tty", ""),
            ("ssh-keygen -y -f \"$HOME/key\"", "incorrect passphrase supplied to decrypt private key"),
            ("python3 -c 'import getpass; getpass.getpass()'", "EOFError"),
            (
                "git -c credential.helper= clone http://127.0.0.1:$(cat \"$HOME/port\")/x.git \"$HOME/x\"",
                "could not read Username"
            ),
        ])
    func prompt(script: String, reason: String) async throws {
        try await sandbox.shell("ssh-keygen -q -t ed25519 -N secret -f \"$HOME/key\"")
        let server = try sandbox.start([], shell: PasswordServer.shell)
        defer { server.kill() }
        try await wait(for: "the server") { sandbox.number("home/port") != nil }
        try sandbox.workflow(provision: [.address, Step("ask", script, timeout: 200)])
        for shell in [
            "exec script -qec '\"$PROGRAM\" my-env --workflow workflow.json' /dev/null </dev/null",
            "exec \"$PROGRAM\" other --workflow workflow.json",
        ] {
            let outcome = try await sandbox.run([], variables: ["TERM": "xterm"], shell: shell)
            #expect(outcome.code == 1)
            let shown = outcome.output + outcome.errors
            #expect(shown.contains("exited with status") && !shown.contains("did not end within"))
            #expect(shown.contains(reason))
        }
    }
}
