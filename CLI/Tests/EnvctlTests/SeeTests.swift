import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Seeing")
struct SeeTests {
    @Test("The table of all environments names state, step, holder and trouble, and its exit code says damage")
    func list() async throws {
        let sandbox = try Sandbox()
        #expect(try await sandbox.succeed("list").output == "no environments in \(sandbox.path("data"))\n")
        try await sandbox.succeed("deploy", "fine", "--create")
        #expect(try await sandbox.run("list").code == 0)
        try await sandbox.damaged()
        try await sandbox.failed()
        try await sandbox.frozen()
        try await sandbox.interrupted()
        let program = try await sandbox.atWork("locked")
        let outcome = try await sandbox.run("list")
        program.signal(SIGINT)
        _ = try await program.end()
        #expect(outcome.code == 65)
        #expect(outcome.lastWord.contains("1 of 6") && outcome.lastWord.contains("envctl doctor --all"))
        let rows = outcome.lines
        #expect(rows[0].split(separator: " ") == ["NAME", "STATE", "SINCE", "STEP", "REMARK"])
        func row(_ name: String) -> String { rows.first { $0.hasPrefix(name) } ?? "" }
        #expect(row("damaged").contains("DAMAGED") && row("damaged").contains("has a damaged newest line"))
        #expect(row("failed").contains("configure_failed") && row("failed").contains("1/1 step_1"))
        #expect(row("failed").contains("exited with status 1"))
        #expect(row("fine").contains("configured"))
        #expect(row("frozen").contains("frozen: the fair goes on"))
        #expect(row("interrupted").contains("configure interrupted"))
        #expect(row("locked").contains("held by \(program.identifier) (configure)"))
        try await sandbox.killOrphans("interrupted")
    }

    @Test("A log that somebody removed is damage, and no reason to make the environment again")
    func removed() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        try await sandbox.shell("rm data/web/history.jsonl")
        let list = try await sandbox.run("list")
        #expect(list.code == 65)
        #expect(list.output.contains("DAMAGED") && list.output.contains("history.jsonl is not there"), "\(list)")
        let show = try await sandbox.run("show", "web")
        #expect(show.code == 65)
        #expect(show.lastWord.contains("(serial 15)") && show.lastWord.hasSuffix("Next: envctl doctor web"), "\(show)")
    }

    @Test("The table can be narrowed and sorted")
    func filters() async throws {
        let sandbox = try Sandbox()
        for name in ["a", "c"] { try await sandbox.succeed("create", name) }
        try await sandbox.succeed("deploy", "b", "--create")
        try await sandbox.frozen("d")
        func names(_ arguments: String...) async throws -> [String?] {
            let json = try await sandbox.start(["list", "--json"] + arguments).end().json()
            return json["environments"]?.elements.map { $0["environment"]?.string } ?? []
        }
        #expect(try await names() == ["a", "b", "c", "d"])
        #expect(try await names("--state", "created") == ["a", "c"])
        #expect(try await names("--state", "created", "--state", "configured") == ["a", "b", "c"])
        #expect(try await names("--troubled") == ["d"])
        #expect(try await names("--sort", "state") == ["b", "a", "c", "d"])
        #expect(try await names("--sort", "since") == ["d", "b", "c", "a"])
    }

    @Test("The page of one environment says everything, and what to type next")
    func show() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        let page = try await sandbox.succeed("show", "web").output
        for word in [
            "Environment 'web' is in state: configure_failed",
            "  failed     step_1: exited with status 1 (exit_status)",
            "  address    10.0.0.7", "  output     instance_address=10.0.0.7", "workflow \(sandbox.path("web.json"))",
            "  completed  no step", "  step       1 of 1, step_1", "  next       envctl retry web", "  trace      /",
        ] {
            #expect(page.contains(word), "\(word) in\n\(page)")
        }
        let json = try await sandbox.succeed("show", "web", "--json").json()
        #expect(json["state"]?.string == "configure_failed")
        #expect(json["next"]?.string == "envctl retry web")
        #expect(json["outputs"]?["instance_address"]?.string == "10.0.0.7")
        #expect(json["ssh_credentials"]?["ssh_username"]?.string == "deploy")
        #expect(json["failure"]?["failed_step"]?.string == "step_1")
    }

    @Test("An earlier state is shown as it was, and how to put it back")
    func showAt() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create", "--until", "provisioned")
        let serial = try #require(try await sandbox.succeed("show", "web", "--json").json()["serial"]?.integer)
        try await sandbox.succeed("freeze", "web", "--reason", "x")
        let page = try await sandbox.succeed("show", "web", "--at", "\(serial)").output
        #expect(page.hasPrefix("Environment 'web' was in state: provisioned\n"))
        #expect(page.contains("envctl restore web \(serial)"))
        #expect(try await sandbox.succeed("show", "web", "--at", "1").output.contains("was in state: created"))
        let future = try await sandbox.run("show", "web", "--at", "99")
        #expect(future.code == 66 && future.lastWord.contains("from serial 1 to serial \(serial + 1)"), "\(future)")
        #expect(try await sandbox.run("show", "web", "--at", "1h").code == 66)
        #expect(try await sandbox.run("show", "web", "--at", "soon").code == 64)
        let history = try await sandbox.succeed("history", "web", "--json").json()["events"]?.elements ?? []
        let time = try #require(history[4]["at"]?.string)
        let then = try await sandbox.succeed("show", "web", "--at", time, "--json").json()
        // Several saves may be of one millisecond.
        #expect(history.last { $0["at"]?.string == time }?["serial"]?.integer == then["serial"]?.integer)
    }

    @Test("Every state is what was saved then, and two of them are compared member by member")
    func diff() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let lines = try await sandbox.succeed("diff", "web").lines
        #expect(lines.first == "serial 14 -> serial 15")
        #expect(
            lines.contains("  state: configuring -> configured")
                || lines.contains("  state: \"configuring\" -> \"configured\""))
        #expect(!lines.contains { $0.contains("ssh_port") }, "only what differs is shown")
        #expect(try await sandbox.succeed("diff", "web", "14", "14").output == "nothing differs\n")
        let json = try await sandbox.succeed("diff", "web", "1", "9", "--json").json()
        #expect(json["from"]?.integer == 1 && json["to"]?.integer == 9)
        let state = json["changes"]?.elements.first { $0["member"]?.string == "state" }
        #expect(state?["from"]?.string == "created" && state?["to"]?.string == "provisioned")
        #expect(try await sandbox.run("diff", "web", "99").code == 66)
        #expect(try await sandbox.run("diff", "nope").code == 66)
        #expect(try await sandbox.run("diff", "web", "x").code == 64)
    }

    @Test("The history can be asked by time, command and kind")
    func history() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        func serials(_ arguments: String...) async throws -> [Int64?] {
            let json = try await sandbox.start(["history", "web", "--json"] + arguments).end().json()
            return json["events"]?.elements.map { $0["serial"]?.integer } ?? []
        }
        let all = try await serials()
        #expect(all == (1...15).map { $0 })
        #expect(try await serials("--command", "provision") == (2...9).map { $0 })
        #expect(try await serials("--kind", "transition") == [1, 2, 9, 10, 15])
        #expect(try await serials("--kind", "step", "--command", "configure") == [11, 12, 13, 14])
        #expect(try await serials("--last", "2") == [14, 15])
        #expect(try await serials("--step", "create_instance") == [3, 4])
        #expect(try await serials("--step", "nothing").isEmpty)
        let events = try await sandbox.succeed("history", "web", "--json").json()["events"]?.elements ?? []
        let run = try #require(events[5]["command_id"]?.string)
        let ofRun = events.filter { $0["command_id"]?.string == run }.map { $0["serial"]?.integer }
        #expect(try await serials("--run", run) == ofRun && ofRun.count > 4)
        #expect(try await serials("--run", String(run.prefix(8))) == ofRun)
        #expect(try await serials("--run", "zzz").isEmpty)
        #expect(try await serials("--since", "1h") == all)
        #expect(try await serials("--before", "1h").isEmpty)
        #expect(try await serials("--since", "2020-01-01", "--before", "2021-01-01T00:00:00Z").isEmpty)
        let table = try await sandbox.succeed("history", "web").lines
        #expect(table[1].contains("nothing -> created"))
        #expect(table[3].contains("create_instance started"))
        #expect(try await sandbox.run("history", "web", "--since", "yesterday").code == 64)
    }

    @Test("The history can be followed")
    func follow() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let program = try sandbox.start(["history", "web", "--follow"])
        try await wait(for: "the first line") { program.output.contains("nothing -> created") }
        try await sandbox.succeed("deploy", "web", "--create")
        try await wait(for: "the last line") { program.output.contains("configuring -> configured") }
        program.signal(SIGINT)
        let outcome = try await program.end()
        #expect(outcome.code == 130)
        #expect(outcome.lines.count == 17)
    }

    @Test("An environment that is made again under its name is followed from its beginning")
    func followAnew() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let program = try sandbox.start(["history", "web", "--follow"])
        try await wait(for: "the first lines") { program.output.contains("configuring -> configured") }
        for name in ["destroy", "purge"] { try await sandbox.succeed(name, "web", "--yes") }
        try await sandbox.succeed("create", "web")
        try await wait(for: "the new one") {
            program.output.matches(of: /nothing -> created/).count == 2
        }
        program.signal(SIGINT)
        _ = try await program.end()
    }

    @Test("What cannot be read for a while is waited for, and said once")
    func followThroughTrouble() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let (follower, watcher) = (
            try sandbox.start(["history", "web", "--follow"]), try sandbox.start(["list", "--watch"])
        )
        try await wait(for: "the first looks") {
            follower.output.contains("nothing -> created") && watcher.output.contains("created")
        }
        // A folder that is a file can be neither searched nor listed.
        try await sandbox.shell("mv data away; touch data")
        let waiting = "waiting until it can be read again"
        try await wait(for: "the trouble") {
            follower.errors.contains(waiting) && watcher.errors.contains(waiting)
        }
        try await Task.sleep(for: .seconds(2))
        try await sandbox.shell("rm data; mv away data")
        try await sandbox.succeed("freeze", "web", "--reason", "it goes on")
        try await wait(for: "the change") {
            follower.output.contains("it goes on") && watcher.output.contains("it goes on")
        }
        for program in [follower, watcher] {
            program.signal(SIGINT)
            let outcome = try await program.end()
            #expect(outcome.code == 130 && outcome.errors.matches(of: /waiting until/).count == 1, "\(outcome)")
        }
    }

    @Test(
        "Who follows or watches ends when nobody reads it any more",
        arguments: ["history web --follow", "list --watch"])
    func followUntilUnread(line: String) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let program = try sandbox.start([], shell: "{ \"$PROGRAM\" \(line); echo $? >code; } | head -1")
        #expect(try await program.end().code == 0)
        #expect(sandbox.read("code") == "0\n")
    }

    @Test("The table is shown again when something changes")
    func watch() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        try await sandbox.failed("api")
        try await sandbox.succeed("deploy", "db", "--create", "--until", "provisioned")
        let program = try sandbox.start(["list", "--watch"])
        try await wait(for: "the first table") {
            let output = program.output
            return output.contains(/api +configure_failed/) && output.contains(/db +provisioned/)
                && output.contains(/web +created/)
        }
        // What did not change is not said again.
        try await Task.sleep(for: .seconds(2))
        #expect(program.output.matches(of: /NAME/).count == 1)
        try await sandbox.succeed("deploy", "web", "--create")
        try await wait(for: "the next table") { program.output.contains(/web +configured/) }
        program.signal(SIGTERM)
        let outcome = try await program.end()
        #expect(outcome.code == 143)
        #expect(!outcome.output.contains("\u{1B}"))
    }

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

    @Test("The lock's holder is alive, stopped or gone, and what it started is named")
    func lock() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "free")
        #expect(try await sandbox.succeed("lock", "free").output.hasPrefix("The lock of free is free\n"))
        let program = try await sandbox.atWork("web")
        func report() async throws -> JSONValue { try await sandbox.succeed("lock", "web", "--json").json() }
        let alive = try await report()
        #expect(alive["holder"]?["pid"]?.integer == Int64(program.identifier))
        #expect(alive["holder"]?["condition"]?.string == "alive")
        #expect(alive["holder"]?["command"]?.string == "configure")
        #expect(alive["holder"]?["step"]?.string == "step_1")
        program.signal(SIGSTOP)
        try await wait(for: "the stop") { try await report()["holder"]?["condition"]?.string == "stopped" }
        #expect(try await sandbox.succeed("lock", "web").output.contains("kill -CONT"))
        try await sandbox.killLeavingOrphan(program)
        let gone = try await report()
        #expect(gone["held"]?.bool == false)
        #expect(gone["abandoned"]?["pid"]?.integer == Int64(program.identifier))
        #expect(gone["processes"]?.elements.isEmpty == false)
        #expect(try await sandbox.succeed("lock", "web").output.contains("to stop    kill "))
        try await sandbox.killOrphans("web")
    }

    @Test("The picture of the states marks where an environment is and has been", arguments: ["mermaid", "dot"])
    func diagram(format: String) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create", "--until", "provisioned")
        let bare = try await sandbox.succeed("diagram", "--format", format).output
        #expect(bare == (format == "mermaid" ? Lifecycle.mermaid() : Lifecycle.dot()))
        let marked = try await sandbox.succeed("diagram", "web", "--format", format).output
        #expect(
            marked
                == (format == "mermaid"
                    ? Lifecycle.mermaid(current: .provisioned, visited: [.created, .provisioning])
                    : Lifecycle.dot(current: .provisioned, visited: [.created, .provisioning])))
        #expect(marked != bare)
    }

    @Test("Figures are counted from the history, resumes and lost saves included")
    func stats() async throws {
        let sandbox = try Sandbox()
        try await sandbox.interrupted("web", survives: false)
        try await sandbox.killOrphans("web")
        try sandbox.write("", to: "go")
        try await sandbox.succeed("resume", "web")
        let json = try await sandbox.succeed("stats", "web", "--json").json()
        let figures = json["figures"]
        #expect(figures?["resumes"]?.integer == 1)
        #expect(figures?["last_resume"]?.string != nil)
        let serial = try await sandbox.succeed("show", "web", "--json").json()["serial"]?.integer
        #expect(figures?["saves"]?["succeeded"]?.integer == serial)
        #expect(figures?["saves"]?["failed"]?.integer == 0)
        let step = figures?["steps"]?.elements.first { $0["name"]?.string == "step_1" }
        #expect(step?["started"]?.integer == 2 && step?["completed"]?.integer == 1)
        #expect(try await sandbox.succeed("stats").output.contains("1 of them resumed"))
    }
}
