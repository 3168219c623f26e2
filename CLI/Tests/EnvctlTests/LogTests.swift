import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("What steps printed, and why they failed")
struct LogTests {
    @Test("What steps printed is shown by step and by run")
    func logs() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        #expect(try await sandbox.succeed("logs", "web").output == "looking for go\n")
        #expect(try await sandbox.succeed("logs", "web", "step_1").output == "looking for go\n")
        #expect(try await sandbox.succeed("logs", "web", "make", "--json").json()["logs"]?.elements.count == 1)
        #expect(try await sandbox.succeed("logs", "web", "--list").lines.count == 5)
        _ = try await sandbox.run("retry", "web")
        #expect(try await sandbox.succeed("logs", "web", "--lines", "0").output == "")
        // A run is named by how its identifier begins, in either case.
        let run = try #require(
            try await sandbox.succeed("logs", "web", "--json").json()["logs"]?.elements.first?["run"]?.string)
        for word in [run, run.uppercased(), String(run.prefix(6))] {
            #expect(try await sandbox.succeed("logs", "web", "--run", word).output == "looking for go\n")
        }
        let missing = try await sandbox.run("logs", "web", "step_2")
        #expect(missing.code == 66 && missing.lastWord.contains("Did you mean step_1?"))
    }

    @Test("What a step printed is shown in its lines, each in its last state, and the log keeps every byte")
    func printedLines() async throws {
        let sandbox = try Sandbox()
        let script = "printf '\\033[32mgreen\\033[0m\\r\\n10 %%\\r100 %%\\r\\nlast\\r\\n'; false"
        try sandbox.workflow(["configure": [script]])
        let failed = try await sandbox.run("deploy", "web", "--create", "--workflow", "workflow.json")
        #expect(failed.errors.contains("  | green\n  | 100 %\n  | last\n"), "\(failed)")
        #expect(try await sandbox.succeed("logs", "web", "step_1").output == "green\n100 %\nlast\n")
        #expect(try await sandbox.succeed("logs", "web", "step_1", "--lines", "2").output == "100 %\nlast\n")
        #expect(try await sandbox.succeed("trace", "web").output.contains("  green\n  100 %\n  last\n"))
        let log = try await sandbox.shell("head -n 1 data/web/logs/*/*step_1.log")
        #expect(Array(log.utf8) == Array("\u{1B}[32mgreen\u{1B}[0m\r\n".utf8))
    }

    @Test("What a step printed cannot command the terminal")
    func escapes() async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow(["configure": ["printf '\\033]0;owned\\007red\\n'; false"]])
        _ = try await sandbox.run("deploy", "web", "--create", "--workflow", "workflow.json")
        for command in [["logs", "web"], ["trace", "web"]] {
            let outcome = try await sandbox.run(command)
            #expect(outcome.output.contains("red"))
            #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\u{7}"))
        }
    }

    @Test("The trace tells why it failed and what to do, and later that it is overcome")
    func trace() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "fine")
        #expect(try await sandbox.succeed("trace", "fine").output == "nothing has failed in fine\n")
        try await sandbox.failed("web")
        let trace = try await sandbox.succeed("trace", "web").output
        #expect(trace.contains("attempt 1: exited with status 1 (exit_status)"))
        #expect(trace.contains("  looking for go"))
        #expect(trace.contains("What to do:") && trace.hasSuffix("  next: envctl retry web\n"))
        try sandbox.write("", to: "go")
        try await sandbox.succeed("retry", "web")
        #expect(try await sandbox.succeed("trace", "web").output.hasPrefix("This failure is overcome"))
        #expect(try await sandbox.succeed("trace", "web", "--json").json()["overcome"]?.bool == true)
    }

    @Test("The trace is that of the failure that was saved last, also when the clock was set back before it")
    func traceAfterClock() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        let first = try await sandbox.shell("ls data/web/traces").split(separator: "\n").map(String.init)
        _ = try await sandbox.run("retry", "web")
        let both = try await sandbox.shell("ls data/web/traces").split(separator: "\n").map(String.init)
        let last = try #require(both.first { !first.contains($0) })
        let renamed = "20000101T000000000-" + last.split(separator: "-").dropFirst().joined(separator: "-")
        try await sandbox.shell("mv data/web/traces/\(last) data/web/traces/\(renamed)")
        try sandbox.write("", to: "go")
        try await sandbox.succeed("retry", "web")
        #expect(
            try await sandbox.succeed("trace", "web", "--json").json()["trace_file"]?.string?.hasSuffix(renamed) == true
        )
    }

    @Test("The last lines of a log are read from its end, and a log that is large is shown")
    func largeLog() async throws {
        let sandbox = try Sandbox()
        try sandbox.workflow(["configure": ["yes 'a line of output' | head -c 100000000; echo; echo end"]])
        try await sandbox.succeed("deploy", "web", "--create", "--workflow", "workflow.json")
        #expect(try await sandbox.succeed("logs", "web", "step_1", "--lines", "1").output == "end\n")
        let all = try await sandbox.succeed("logs", "web", "step_1").output
        #expect(all.contains("bytes of output were left out here") && all.hasSuffix("\nend\n"))
    }
}
