import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("The report")
struct ReportTests {
    @Test("It shows every environment, also one that cannot be read, and changes nothing")
    func everything() async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("shop")
        try await sandbox.frozen("fair")
        try await sandbox.interrupted("job", survives: false)
        try await sandbox.damaged("broken")
        let before = try await sandbox.listing()
        let outcome = try await sandbox.run("report")
        #expect(outcome.code == 65)
        #expect(outcome.lastWord.contains("1 of 4 environments cannot be read"))
        #expect(outcome.lastWord.hasSuffix("Next: envctl doctor --all"))
        #expect(outcome.output.hasPrefix("<!DOCTYPE html>"))
        for text in [
            "4 of 4 need attention", "env-shop", "configure_failed", "exited with status 1", "looking for go",
            "envctl retry shop", "frozen: <bdi>the fair goes on</bdi>", "configuring, interrupted", "envctl resume job",
            "has a damaged newest line", "envctl doctor broken", "Trace ",
        ] {
            #expect(outcome.output.contains(text), "\(text)")
        }
        let after = try await sandbox.listing()
        #expect(before == after)
    }

    @Test("It takes no lock: what a command holds is shown as at work, and the command that shows the holder is next")
    func held() async throws {
        let sandbox = try Sandbox()
        let program = try await sandbox.atWork("shop", survives: false)
        let outcome = try await sandbox.run("report", "shop", "--lock-timeout", "0")
        #expect(outcome.code == 0)
        for text in [
            "shop is at work", "held by", "process \(program.identifier), alive", "envctl lock shop",
        ] {
            #expect(outcome.output.contains(text), "\(text)")
        }
        program.signal(SIGINT)
        _ = try await program.end()
    }

    @Test("Attempts, earlier runs and what the last command changed are on the page")
    func past() async throws {
        let sandbox = try Sandbox()
        let workflow = """
            {"provision": [{"name": "make", "run": "test $STEP_ATTEMPT = 3 && echo instance_address=10.0.0.7 >> \\"$OUTPUTS\\"",
            "retries": 3, "retry_delay_seconds": 0.01}], "release": [{"name": "ship", "run": "true"}]}
            """
        try sandbox.write(workflow, to: "w.json")
        try await sandbox.succeed(
            "deploy", "web", "--create", "--workflow", "w.json", "--until", "released", "--set", "tag=v1")
        try await sandbox.succeed("release", "web", "--set", "tag=v2")
        let page = try await sandbox.succeed("report", "web").output
        for text in [
            "3 attempts", "tag=v2", "parameters.tag", "<bdi>&quot;v1&quot;</bdi>", "<bdi>&quot;v2&quot;</bdi>",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(page.matches(of: /<span class="command">release<\/span>/).count == 2)
    }

    @Test("Hostile text of a step is escaped")
    func hostile() async throws {
        let sandbox = try Sandbox()
        try sandbox.write(
            """
            {"provision": [{"name": "make", "run": "printf 'x=</dd><script>alert(1)</script>\\\\n' >> \\"$OUTPUTS\\"; \
            printf '\\\\033[31m<img src=x onerror=alert(1)>\\\\033[0m \\\\342\\\\200\\\\256\\\\n'; exit 3"}]}
            """, to: "w.json")
        #expect(
            try await sandbox.run("deploy", "web", "--create", "--workflow", "w.json", "--set", "tag=\"><script>").code
                == 1)
        let page = try await sandbox.succeed("report").output
        #expect(page.contains("&lt;img src=x onerror=alert(1)&gt; ⟦U+202E⟧"))
        #expect(page.contains("tag=&quot;&gt;&lt;script&gt;"))
        #expect(!page.contains("<img") && !page.contains("<script>alert") && !page.contains("\u{1B}"))
    }

    @Test("A file is written as a whole for its owner alone, and only an earlier page is replaced")
    func file() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let outcome = try await sandbox.succeed("report", "--output", "page.html")
        #expect(outcome.output == "page.html: 1 environment\n")
        #expect(try await sandbox.shell("stat -c %a page.html") == "600\n")
        #expect(sandbox.read("page.html")?.contains("web is settled") == true)
        try await sandbox.succeed("create", "shop")
        try await sandbox.succeed("report", "--output", "page.html")
        #expect(sandbox.read("page.html")?.contains("None of 2 needs attention") == true)
        try sandbox.write("my notes", to: "notes.html")
        try await sandbox.shell("ln -s page.html link.html; mkdir folder")
        for name in ["notes.html", "link.html", "folder", "absent/page.html"] {
            let refused = try await sandbox.run("report", "--output", name)
            #expect(refused.code == 74, "\(refused)")
            #expect(refused.lastWord.contains(name), "\(refused)")
            #expect(refused.output == "")
        }
        #expect(sandbox.read("notes.html") == "my notes")
        let names = try await sandbox.shell("ls -A")
        #expect(!names.contains("tmp"))
        #expect(try await sandbox.run("report", "--output", "").code == 64)
        let moved = try #require(
            try await sandbox.run("report", "--output", "notes.html").errors.firstMatch(of: /\((mv .+)\)/))
        try await sandbox.shell(String(moved.1))
        try await sandbox.succeed("report", "--output", "notes.html")
    }

    @Test("An unknown name is an error and writes nothing; no environments are a page that says so")
    func names() async throws {
        let sandbox = try Sandbox()
        #expect(try await sandbox.succeed("report").output.contains("There is no environment here."))
        try await sandbox.succeed("create", "web")
        try await sandbox.succeed("create", "shop")
        let outcome = try await sandbox.run("report", "wbe", "--output", "page.html")
        #expect(outcome.code == 66)
        #expect(outcome.lastWord.contains("Did you mean web?"))
        #expect(!sandbox.exists("page.html"))
        let page = try await sandbox.succeed("report", "web", "web").output
        #expect(page.contains("env-web") && !page.contains("env-shop"))
        #expect(try await sandbox.run("report", "--data-dir", "absent").code == 66)
    }

    @Test("In JSON it is one object: with the page, or with the file that it went to")
    func json() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let json = try await sandbox.succeed("report", "--json").json()
        #expect(json["page"]?.string?.hasPrefix("<!DOCTYPE html>") == true)
        #expect(json["environments"]?.elements == [.string("web")])
        let file = try await sandbox.succeed("report", "--json", "--output", "page.html").json()
        #expect(file["file"]?.string == "page.html")
        #expect(file["page"] == nil)
    }

    @Test("A terminal gets no page, but the line that makes one")
    func terminal() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let terminal = try await Terminal(sandbox)
        let screen = try await terminal.type("envctl report")
        #expect(!screen.contains("DOCTYPE"))
        let next = try await terminal.typeNext(after: screen, "envctl report")
        try await terminal.close()
        #expect(next.contains("page.html: 1 environment"))
        #expect(sandbox.exists("page.html"))
    }
}
