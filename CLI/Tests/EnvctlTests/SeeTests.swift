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
        #expect(row("failed").hasSuffix("  exited with status 1: looking for go"), "\(row("failed"))")
        #expect(row("fine").contains("configured"))
        #expect(row("frozen").contains("frozen: the fair goes on"))
        #expect(row("interrupted").hasSuffix("  interrupted"))
        #expect(row("locked").hasSuffix("  held by \(program.identifier)"))
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
            "  failed     step_1: exited with status 1 (exit_status): looking for go\n",
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
        #expect(json["last_line"]?.string == "looking for go")
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

    @Test("The wide table has the release, the address and the provider, and a remark says nothing twice")
    func wide() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create", "--set", "tag=v1", "--set", "color=blue")
        try await sandbox.failed("api")
        let lines = try await sandbox.succeed("list", "--wide").lines
        #expect(
            lines[0].split(separator: " ")
                == ["NAME", "STATE", "SINCE", "STEP", "RELEASE", "ADDRESS", "PROVIDER", "REMARK"])
        #expect(lines[1].contains("10.0.0.7") && lines[1].contains("workflow \(sandbox.path("api.json"))"), "\(lines)")
        #expect(lines[1].matches(of: /step_1/).count == 1, "\(lines)")
        #expect(lines[2].contains("color=blue tag=v1") && lines[2].contains("local"), "\(lines)")
        let json = try await sandbox.succeed("list", "--json").json()["environments"]?.elements.last
        #expect(json?["parameters"]?["tag"]?.string == "v1")
    }

    @Test("Times are those of this computer's zone, and of UTC on demand; JSON has them in UTC")
    func zones() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let zone = "TZ=XYZ-5:30 \"$@\""
        let created = try #require(try await sandbox.succeed("show", "web", "--json").json()["created_at"]?.string)
        let utc = created.prefix(10) + " " + created.dropFirst(11).prefix(8)
        for command in [["show", "web"], ["history", "web"]] {
            let local = try await sandbox.start(command, shell: zone).end().output
            #expect(local.contains(#/\d\d:\d\d:\d\d XYZ/#) && !local.contains("\(utc) UTC"), "\(local)")
            #expect(try await sandbox.start(command + ["--utc"], shell: zone).end().output.contains("\(utc) UTC"))
        }
        let json = try await sandbox.run("show", "web", "--json", shell: zone).json()
        #expect(json["created_at"]?.string == created)
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

    @Test("The picture of an environment has the steps that were run and those that come next")
    func way() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        let text = try await sandbox.succeed("diagram", "web").output
        #expect(text.hasPrefix("created -> provisioning -> provisioned -> configuring -> configure_failed\n"))
        #expect(
            text.contains(#/provision +done +make/#) && text.contains(#/configure +FAILED +step_1 +exited/#), "\(text)")
        let svg = try await sandbox.succeed("diagram", "web", "--format", "svg").output
        #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
        for word in ["web is in state configure_failed", ">step_1<", ">FAILED<", "looking for go"] {
            #expect(svg.contains(word), "\(word)")
        }
        try sandbox.write(svg, to: "web.svg")
        try await sandbox.shell("python3 -c 'import xml.dom.minidom as m; m.parse(\"web.svg\")'")
        try await sandbox.succeed("create", "fresh")
        let steps = try await sandbox.succeed("diagram", "fresh", "--json").json()["steps"]?.elements ?? []
        #expect(!steps.isEmpty && steps.allSatisfy { $0["outcome"]?.string == "next" })
        #expect(try await sandbox.run("diagram", "--format", "text").code == 64)
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
