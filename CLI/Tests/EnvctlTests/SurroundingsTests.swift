import CommandLineProgram
import Foundation
import Testing

@testable import EnvironmentTool

@Suite("In unusual surroundings", .serialized)
struct SurroundingsTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    // MARK: Standard output

    static let results = [
        "list", "list --json", "list --watch", "show web", "show web --json", "history web", "history web --follow",
        "logs web", "logs web --list", "trace web", "lock web", "diagram", "diagram web --format dot", "stats",
        "stats web --json", "plan web", "deploy web --until released --dry-run", "doctor web", "doctor --all",
        "validate web", "diff web", "show web --at 1", "export web", "export web --json", "create other",
        "purge old --dry-run",
        "--help", "--version", "help list", "list --help", "--generate-completion-script bash",
        "freeze web --reason x",
    ]

    @Test("A result that cannot be written is 74, for every command and form")
    func fullOutput() async throws {
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.succeed("create", "old")
        try await sandbox.succeed("destroy", "old", "--yes")
        for line in Self.results {
            let outcome = try await sandbox.run(shell: "exec \"$PROGRAM\" \(line) >/dev/full")
            #expect(outcome.code == 74, "\(line): \(outcome)")
            #expect(
                outcome.errors.contains("The result could not be written to standard output"), "\(line): \(outcome)")
        }
    }

    @Test("A reader that is gone is no failure", arguments: ["list", "history web", "export web", "--help"])
    func closedPipe(line: String) async throws {
        try sandbox.workflow([:])
        try await sandbox.succeed("deploy", "web", "--create", "--workflow", "workflow.json")
        let code = try await sandbox.shell("{ sleep 0.1; \"$PROGRAM\" \(line); echo $? > code; } | true; cat code")
        #expect(code == "0\n")
    }

    @Test("The error of a command is told by its exit code, also when standard output is full")
    func fullOutputOfAnError() async throws {
        let outcome = try await sandbox.run(shell: "exec \"$PROGRAM\" show web --json >/dev/full")
        #expect(outcome.code == 66)
    }

    // MARK: The data folder

    static let looks = [
        "list", "show web", "history web", "logs web", "trace web", "lock web", "diagram web", "stats", "doctor web",
        "doctor --all", "validate web", "diff web", "show web --at 1", "export web",
    ]

    @Test("A data folder that is named and not there is 66", arguments: looks)
    func namedFolder(line: String) async throws {
        for place in ["--data-dir nowhere", "--store nowhere", "--data-dir data"] {
            let outcome = try await sandbox.run(shell: "exec \"$PROGRAM\" \(line) \(place)")
            #expect(outcome.code == 66, "\(outcome)")
            #expect(outcome.errors.contains("does not exist"), "\(outcome)")
        }
        let variable = try await sandbox.run(
            shell: "TYPED_ENVIRONMENTS_STORE=nowhere exec \"$PROGRAM\" \(line)")
        #expect(variable.code == 66 && variable.errors.contains("nowhere does not exist"))
        #expect(!sandbox.exists("nowhere"))
    }

    @Test("The data folder of nobody's naming need not be made yet")
    func defaultFolder() async throws {
        #expect(try await sandbox.succeed("list").output.hasPrefix("no environments in "))
        try await sandbox.succeed("doctor", "--all")
        try await sandbox.succeed("stats")
    }

    @Test("Commands that make environments make a data folder that is named")
    func madeFolder() async throws {
        try await sandbox.succeed("create", "web", "--data-dir", "new")
        try await sandbox.succeed("deploy", "web", "--create", "--data-dir", "newer/deep")
        try await sandbox.succeed("list", "--data-dir", "newer/deep")
    }

    @Test(
        "An empty value is refused and not taken for the working folder",
        arguments: ["--data-dir", "--store", "--emergency-dir", "--workflow", "--infrastructure", "--tofu"])
    func empty(option: String) async throws {
        let outcome = try await sandbox.run("deploy", "web", option, "")
        #expect(outcome.code == 64 && outcome.errors.contains("\(option) needs a value"), "\(outcome)")
        #expect(!sandbox.exists("web") && !sandbox.exists("data"))
    }

    @Test(
        "A relative path is refused when the working folder is gone", arguments: ["list", "create web", "deploy web"])
    func lostFolder(line: String) async throws {
        let outcome = try await sandbox.run(
            shell: "mkdir gone; cd gone; rmdir ../gone; exec \"$PROGRAM\" \(line)")
        #expect(outcome.code == 64 && outcome.errors.contains("the current folder is gone"), "\(outcome)")
    }

    // MARK: Columns

    @Test("The columns of a table are aligned, also behind wide characters")
    func wideTable() {
        var table = Table(header: ["NAME", "STATE", "REMARK"])
        table.flexible = 2
        table.rows = [["web", "configured", "失敗しました: 接続できません"], ["日本", "failed", "🚀🚀🚀"]]
        #expect(
            table.lines(width: nil) == [
                "NAME  STATE       REMARK", "web   configured  失敗しました: 接続できません", "日本  failed      🚀🚀🚀",
            ])
        #expect(table.lines(width: 24).allSatisfy { $0.columns <= 24 })
        #expect(table.lines(width: 24)[1] == "web   configured  失敗…")
    }
}
