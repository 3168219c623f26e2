import Foundation
import OperatingSystem
import Testing

@Suite("In an unusual environment", .serialized)
struct SurroundingsTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    static let isRoot = ThisProcess.userName == "root"

    // MARK: Paths

    /// Shell commands that remove the program's working folder, or give it a path of more than 4096 bytes, before the
    /// program starts.
    static let lostFolders = [
        "mkdir gone; cd gone; rmdir ../gone; exec \"$@\"",
        "name=$(printf %0200d 0); i=0; while [ $i -lt 25 ]; do mkdir $name; cd -P ./$name; i=$((i+1)); done; exec \"$@\"",
    ]

    @Test(
        "a relative path is refused when the working folder has no path",
        arguments: lostFolders,
        [
            [], ["--status"], ["--destroy"], ["--dry-run"], ["--data-dir", "here"],
            ["--workflow", "w.json", "--data-dir", "/nowhere"],
            ["--infrastructure", "infra", "--data-dir", "/nowhere"],
            ["--emergency-dir", "here", "--data-dir", "/nowhere"],
        ])
    func lostFolder(shell: String, options: [String]) async throws {
        let outcome = try await sandbox.run(["my-env"] + options, shell: shell)
        #expect(outcome.code == 64, "\(outcome.testDescription)")
        #expect(outcome.errors.contains("the current folder"), "\(outcome.testDescription)")
    }

    @Test("an absolute path works without a working folder", arguments: lostFolders)
    func absolute(shell: String) async throws {
        let outcome = try await sandbox.run(
            "my-env", "--data-dir", sandbox.data, "--until", "running", shell: shell)
        #expect(outcome.code == 0, "\(outcome.testDescription)")
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
    }

    @Test(
        "an empty value is refused and not considered the working folder",
        arguments: ["--data-dir", "--emergency-dir", "--workflow", "--infrastructure", "--ssh-key", "--recover"])
    func empty(option: String) async throws {
        for words in [[option, ""], ["\(option)="]] {
            let outcome = try await sandbox.run(["my-env"] + words)
            #expect(outcome.code == 64 && outcome.lastWord.contains("\(option) needs a value"))
        }
        #expect(!sandbox.exists("data"))
    }

    @Test(
        "a variable that is empty or relative counts as not set",
        arguments: ["", "here"])
    func variables(value: String) async throws {
        try sandbox.workflow(provision: [.address, Step("block", "rm -rf \"$DATA_DIR\"; : > \"$DATA_DIR\"")])
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json",
            variables: ["XDG_STATE_HOME": value, "HOME": value, "TMPDIR": value])
        #expect(outcome.code == 1, "the step continued without its folder: \(outcome.testDescription)")
        let record = try #require(outcome.errors.firstMatch(of: #/emergency record written path=(\S+)/#)?.1)
        #expect(record.hasPrefix("/tmp/typed-environments-"))
        try FileManager.default.removeItem(atPath: String(record))
        #expect(!sandbox.exists("here") && !sandbox.exists("typed-environments"))
    }

    @Test("a word that is not UTF-8 is refused and not changed")
    func encoding() async throws {
        let outcome = try await sandbox.run(
            [], shell: "exec \"$PROGRAM\" my-env --data-dir \"$(printf 'd\\351')\"")
        #expect(outcome.code == 64 && outcome.lastWord.contains("the command line cannot be read"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.root) == ["home"])
    }

    @Test(
        "a system without /proc is reported, and the arguments are known",
        .enabled(if: isRoot, "needs root to take /proc away"),
        arguments: [
            (["--version"], 0, "example-provision "), (["my-env", "--until", "nowhere"], 64, "--until is one of"),
            (["my-env"], 69, "The folder /proc does not show this process"),
            (["my-env", "--status"], 69, "The folder /proc does not show this process"),
            ([], 64, "the NAME of an environment is missing"),
        ] as [([String], Int32, String)])
    func withoutProc(arguments: [String], code: Int32, saying: String) async throws {
        let outcome = try await sandbox.run(
            arguments, shell: "exec unshare -m sh -c 'mount -t tmpfs none /proc; exec \"$@\"' sh \"$@\"")
        #expect(outcome.code == code, "\(outcome.testDescription)")
        #expect((outcome.output + outcome.errors).contains(saying))
        #expect(!sandbox.exists("data"))
    }

    // MARK: Streams

    @Test(
        "a result that cannot be written ends with 74, and its changes remain",
        arguments: [
            [], ["--json"], ["--status"], ["--status", "--json"], ["--dry-run"], ["--dry-run", "--json"], ["--help"],
            ["--version"], ["--destroy"], ["--destroy", "--json", "--log-format", "json"], ["--quiet"],
        ])
    func fullOutput(options: [String]) async throws {
        if options.contains("--status") || options.contains("--destroy") {
            #expect(try await sandbox.run("my-env").code == 0)
        }
        let outcome = try await sandbox.run(["my-env"] + options, shell: "exec \"$@\" >/dev/full")
        #expect(outcome.code == 74, "\(outcome.testDescription)")
        #expect(
            outcome.lastWord.contains("The result could not be written to standard output: No space left on device"))
        if options.isEmpty { #expect(try sandbox.stateName() == "Configured") }
    }

    @Test("an error keeps its code when standard output is full", arguments: [[], ["--json"]])
    func fullOutputOfAnError(options: [String]) async throws {
        let outcome = try await sandbox.run(["my-env", "--status"] + options, shell: "exec \"$@\" >/dev/full")
        #expect(outcome.code == 66)
    }

    @Test("a full standard error loses no save and is no failure")
    func fullErrors() async throws {
        #expect(try await sandbox.run("my-env", "--verbose", shell: "exec \"$@\" 2>/dev/full").code == 0)
        #expect(try await sandbox.run("other", shell: "exec \"$@\" >/dev/full 2>/dev/full").code == 74)
        try sandbox.checkStored()
        try sandbox.checkStored("other")
    }

    // MARK: Signals

    @Test("SIGINT and SIGHUP that were ignored at the start stay ignored", arguments: ["INT", "HUP"])
    func ignoredSignals(signal: String) async throws {
        try sandbox.workflow(provision: [
            .address, Step("signal", "kill -\(signal) $PPID; sleep 0.3"),
        ])
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json", shell: "trap '' \(signal); exec \"$@\"")
        #expect(outcome.code == 0, "\(outcome.testDescription)")
        let heard = try await sandbox.run("other", "--workflow", "workflow.json")
        #expect(heard.code == (signal == "INT" ? 130 : 129))
    }
}
