import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Following the logs of steps")
struct FollowTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// Steps that say something, wait for a file each, and say something more.
    private func deployInStages(_ last: String = "true") throws -> Program {
        func stage(_ name: String) -> String {
            "echo \(name) begins; until test -e \(name).go; do sleep 0.05; done; echo \(name) ends"
        }
        let folder = sandbox.root
        try sandbox.workflow([
            "provision": ["cd \(folder); \(stage("first")); echo instance_address=10.0.0.7 >> \"$OUTPUTS\""],
            "configure": ["cd \(folder); \(stage("second")); \(last)"],
        ])
        return try sandbox.start(["deploy", "web", "--create", "--workflow", "workflow.json"])
    }

    /// The lines without the headings.
    private func printed(_ output: String) -> [String] {
        output.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("== ") }
    }

    @Test("It goes over steps and commands, prints each line once, and ends with the environment's command")
    func overCommands() async throws {
        let work = try deployInStages()
        try await wait(for: "the step") { try await sandbox.run("logs", "web").output.contains("first begins") }
        let follower = try sandbox.start(["logs", "web", "--follow"])
        try await wait(for: "the first line") { follower.output.contains("first begins") }
        try sandbox.write("", to: "first.go")
        try await wait(for: "the second step") { follower.output.contains("second begins") }
        try sandbox.write("", to: "second.go")
        #expect(try await work.end().code == 0)
        let end = try await follower.end()
        #expect(end.code == 0 && end.errors == "", "\(end)")
        #expect(printed(end.output) == ["first begins", "first ends", "second begins", "second ends"], "\(end)")
        #expect(end.output.matches(of: /== step_1 \(/).count == 2)
    }

    @Test("It ends with 1 and says why when a step fails, also one that had failed before")
    func failing() async throws {
        let work = try deployInStages("exit 6")
        try await wait(for: "the step") { try await sandbox.run("logs", "web").output.contains("first begins") }
        let follower = try sandbox.start(["logs", "web", "-f"])
        for name in ["first.go", "second.go"] { try sandbox.write("", to: name) }
        #expect(try await work.end().code == 1)
        let ends = [try await follower.end(), try await sandbox.run("logs", "web", "-f")]
        for end in ends {
            #expect(end.code == 1, "\(end)")
            #expect(
                end.lastWord == "error: Step step_1 of web failed: exited with status 6. Next: envctl trace web",
                "\(end)")
        }
        #expect(printed(ends[1].output) == ["second begins", "second ends"])
    }

    @Test(
        "Ctrl-C ends it with 130 and leaves the command alone; a signal to end, with 143", arguments: [SIGINT, SIGTERM])
    func stopped(signal: Int32) async throws {
        let work = try deployInStages()
        try await wait(for: "the step") { try await sandbox.run("logs", "web").output.contains("first begins") }
        let follower = try sandbox.start(["logs", "web", "-f"])
        try await wait(for: "the first line") { follower.output.contains("first begins") }
        follower.signal(signal)
        let end = try await follower.end()
        #expect(end.code == 128 + signal && end.errors == "", "\(end)")
        for name in ["first.go", "second.go"] { try sandbox.write("", to: name) }
        #expect(try await work.end().code == 0)
    }

    @Test(
        "A log that is replaced, emptied or written again while it is followed is followed on, and no line comes twice",
        arguments: [
            ("replaced", "mv $log $log.1; echo new > $log", ["old", "new", "second begins"]),
            ("emptied", ": > $log; echo new >> $log", ["old", "new", "second begins"]),
            ("copied", "cp $log copy; echo new >> copy; mv copy $log", ["old", "new", "second begins"]),
        ])
    func rotated(what: String, script: String, lines: [String]) async throws {
        let folder = sandbox.root
        try sandbox.workflow([
            "provision": [
                "cd \(folder); echo a line that is rather long; echo old; until test -e first.go; do sleep 0.05; done; "
                    + "echo instance_address=10.0.0.7 >> \"$OUTPUTS\""
            ], "configure": ["cd \(folder); echo second begins"],
        ])
        let work = try sandbox.start(["deploy", "web", "--create", "--workflow", "workflow.json"])
        try await wait(for: "the step") { try await sandbox.run("logs", "web").output.contains("old") }
        let follower = try sandbox.start(["logs", "web", "-f"])
        try await wait(for: "the line") { follower.output.contains("old") }
        try await sandbox.shell("log=$(ls data/web/logs/*/01-step_1.log); \(script)")
        try await wait(for: "the new line") { follower.output.contains("new") }
        try sandbox.write("", to: "first.go")
        #expect(try await work.end().code == 0)
        let end = try await follower.end()
        #expect(end.code == 0 && printed(end.output) == ["a line that is rather long"] + lines, "\(what): \(end)")
    }

    @Test("It needs logs, and excludes what it cannot be together with")
    func refusals() async throws {
        try await sandbox.succeed("create", "web")
        #expect(try await sandbox.run("logs", "web", "-f").code == 66)
        for option in ["--json", "--list"] { #expect(try await sandbox.run("logs", "web", "-f", option).code == 64) }
    }
}
