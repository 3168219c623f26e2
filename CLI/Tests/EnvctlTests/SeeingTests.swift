import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("Seeing")
struct SeeingTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @Test(
        "The names that people try do what they expect",
        arguments: [
            ("ls", "list"), ("ps", "list"), ("status web", "show web"), ("rm web --dry-run", "destroy web --dry-run"),
        ])
    func aliases(alias: String, command: String) async throws {
        try await sandbox.succeed("create", "web")
        let (short, long) = (try await sandbox.type("envctl \(alias)"), try await sandbox.type("envctl \(command)"))
        #expect(
            short.code == 0
                && short.output.withoutWhatDiffers(folder: sandbox.root)
                    == long.output.withoutWhatDiffers(folder: sandbox.root)
        )
    }

    @Test("The doctor without a name looks at all")
    func doctor() async throws {
        try await sandbox.succeed("create", "api")
        try await sandbox.succeed("create", "web")
        let output = try await sandbox.succeed("doctor").output
        #expect(output.contains("api: nothing is wrong") && output.contains("web: nothing is wrong"))
        #expect(try await sandbox.run("doctor", "web", "--all").code == 64)
    }

    @Test("ENVCTL_STORE names the store, before the older name, and an option before both")
    func store() async throws {
        try await sandbox.succeed("create", "web", "--store", "a")
        try await sandbox.succeed("create", "api", "--store", "b")
        let run = "ENVCTL_STORE=a TYPED_ENVIRONMENTS_STORE=b \"$@\""
        #expect(try await sandbox.run("list", shell: run).output.contains("web"))
        #expect(try await sandbox.run("list", "--store", "b", shell: run).output.contains("api"))
        #expect(
            try await sandbox.run("list", shell: "ENVCTL_STORE= TYPED_ENVIRONMENTS_STORE=b \"$@\"").output.contains(
                "api"))
    }

    @Test(
        "Every document of --json has the version of its form, errors too",
        arguments: [
            "list", "show web", "history web", "doctor", "stats", "plan web", "show nope", "lsit",
            "deploy web --until x",
        ])
    func version(command: String) async throws {
        try await sandbox.succeed("create", "web")
        #expect(try await sandbox.type("envctl \(command) --json").json()["version"]?.integer == 1)
    }

    @Test("What is exported as JSON is imported again")
    func exported() async throws {
        try await sandbox.succeed("create", "web")
        try sandbox.write(try await sandbox.succeed("export", "web", "--json").output, to: "web.json")
        try await sandbox.succeed("import", "web.json", "--data-dir", "other")
    }

    @Test(
        "A table fits its width: names and steps are shortened in the middle, and piped they are whole",
        arguments: [120, 80, 60, 40])
    func width(width: Int) {
        var table = Table(header: ["NAME", "STATE", "SINCE", "STEP", "REMARK"])
        table.shortened = [0, 3]
        table.dispensable = [4, 2]
        table.rows = [
            [
                "customer-portal-staging-eu-west", "configure_failed", "2 h 10 min",
                "3/7 wait_until_the_database_answers",
                "wait_until_the_database_answers: exited with status 6",
            ],
            ["b", "running", "3 s", "-", ""],
        ]
        let lines = table.lines(width: width)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        if width < 120, width > 40 { #expect(lines[1].contains(#/^cust.*….*west  /#), "\(lines)") }
        #expect(lines[1].contains("configure_failed"))
        #expect(table.lines(width: nil)[1].hasSuffix("exited with status 6"))
        #expect(table.lines(width: nil)[1].hasPrefix("customer-portal-staging-eu-west  "))
    }

    @Test("States are coloured when asked for, and never when piped or refused")
    func colors() async throws {
        try await sandbox.failed("web")
        try await sandbox.succeed("deploy", "fine", "--create")
        let always = try await sandbox.succeed("list", "--color", "always").output
        #expect(
            always.contains("\u{1B}[31mconfigure_failed\u{1B}[0m") && always.contains("\u{1B}[32mconfigured\u{1B}[0m"))
        for arguments in [["list"], ["list", "--color", "never"], ["list", "--no-color"], ["show", "web"]] {
            #expect(!(try await sandbox.succeed(arguments).output.contains("\u{1B}")))
        }
        #expect(try await sandbox.run("list", "--no-color", "--color", "always").code == 64)
    }

    @Test("watch shows the state, the step, the holder and the last line of its log, until it is stopped")
    func watch() async throws {
        try sandbox.workflow(["configure": ["echo looking for go; until test -e go; do sleep 0.1; done; echo found"]])
        let work = try sandbox.start(["deploy", "web", "--create", "--workflow", "workflow.json"])
        try await wait(for: "the step") {
            try await sandbox.run("logs", "web").output.contains("looking for go")
        }
        let watch = try sandbox.start(["watch", "web"])
        try await wait(for: "the page") { watch.output.contains("step_1 | looking for go") }
        #expect(watch.output.contains("held by    process \(work.identifier)"))
        try await sandbox.shell("touch go")
        try await wait(for: "the end") { watch.output.contains("in state: configured") }
        watch.signal(SIGINT)
        let end = try await watch.end()
        #expect(end.code == 130 && end.errors == "", "\(end)")
        #expect(try await work.end().code == 0)
        #expect(try await sandbox.run("watch", "nope").code == 66)
    }

    @Test("cancel stops the holder in order, which can be resumed then")
    func cancel() async throws {
        let program = try await sandbox.atWork("web", survives: false)
        let refused = try await sandbox.type("envctl cancel web")
        #expect(refused.code == 64)
        #expect(try refused.next() == "envctl cancel web --yes")
        // A holder that a signal stopped is continued, so that it can end.
        program.signal(SIGSTOP)
        let asked = try await sandbox.type(refused.next())
        #expect(asked.code == 0 && asked.output.contains("process \(program.identifier)"), "\(asked)")
        #expect(try await program.end().code == 143)
        try await sandbox.shell("touch go")
        try await sandbox.succeed("resume", "web")
        #expect(try await sandbox.succeed("cancel", "web", "--yes").output == "nothing to do, no command holds web\n")
        #expect(try await sandbox.run("cancel", "nope", "--yes").code == 66)
    }

    @Test("stats says how deployments ended")
    func stats() async throws {
        try await sandbox.failed("web")
        try await sandbox.shell("touch go")
        try await sandbox.succeed("retry", "web")
        try await sandbox.succeed("destroy", "web", "--yes")
        let json = try await sandbox.succeed("stats", "web", "--json").json()
        let figures = json["figures"]
        let deployments = figures?["deployments"]
        #expect(deployments?["completed"]?.integer == 2 && deployments?["failed"]?.integer == 1, "\(json)")
        #expect(
            deployments?["interrupted"]?.integer == 0 && figures?["destroys"]?["completed"]?.integer == 1, "\(json)")
        #expect(
            try await sandbox.succeed("stats", "web").output.contains("2 phases completed, 1 failed, 0 interrupted"))
    }
}
