import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("The history")
struct HistoryTests {
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
        #expect(table[3].hasSuffix("create_instance started"))
        #expect(table[4].contains(#/create_instance completed \(\d+\.\d\d s\)$/#), "\(table)")
        #expect(table[9].contains(#/provisioning -> provisioned \(held for \d+ s\)$/#), "\(table)")
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
}
