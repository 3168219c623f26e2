import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

@Suite("The command line")
struct UsageTests {
    /// All commands, as `--experimental-dump-help` tells them.
    private static func commands(_ sandbox: Sandbox) async throws -> [[String]] {
        let json = try await sandbox.run("--experimental-dump-help").jsonOnManyLines()
        func names(_ command: JSONValue, _ path: [String]) -> [[String]] {
            (command["subcommands"]?.elements ?? []).flatMap { sub -> [[String]] in
                let path = path + [sub["commandName"]?.string ?? "?"]
                return [path] + names(sub, path)
            }
        }
        return names(json["command"] ?? .null, []).filter { $0.first != "help" && $0.last != "help" }
    }

    @Test("The tool alone helps, and so does every command, within 80 columns")
    func help() async throws {
        let sandbox = try Sandbox()
        let alone = try await sandbox.run()
        #expect(alone.code == 0 && alone.errors == "")
        for word in ["SEE SUBCOMMANDS", "DO SUBCOMMANDS", "REPAIR SUBCOMMANDS", "--data-dir", "envctl list"] {
            #expect(alone.output.contains(word))
        }
        let commands = try await Self.commands(sandbox)
        #expect(commands.count >= 30)
        // A terminal of 24 lines shows what is needed on most days.
        let first = alone.lines.prefix(23).joined(separator: "\n")
        for word in ["list", "deploy", "release", "rollback", "show", "logs", "trace", "doctor"] {
            #expect(first.contains("  envctl \(word)"), "\(word)")
        }
        for arguments in [[]] + commands {
            let outcome = try await sandbox.run(arguments + ["--help"])
            #expect(outcome.code == 0)
            #expect(try await sandbox.run(arguments + ["-h"]).output == outcome.output)
            if !arguments.isEmpty {
                #expect(
                    outcome.output.contains("Examples:\n\n  envctl \(arguments.joined(separator: " "))"), "\(arguments)"
                )
            }
            let wide = outcome.lines.filter { $0.count > 80 }
            #expect(wide.isEmpty, "\(arguments): \(wide)")
        }
    }

    @Test(
        "A mistyped word is answered with the near one",
        arguments: [
            (["lsit"], "Did you mean list?"), (["--json", "shwo", "web"], "Did you mean show?"),
            (["show", "wbe"], "Did you mean web?"), (["deploy", "web", "--utnil", "running"], "--until"),
            (["help", "purg"], "Did you mean purge? Next: envctl --help"),
        ])
    func nearWords(arguments: [String], word: String) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let outcome = try await sandbox.run(arguments)
        #expect([64, 66].contains(outcome.code))
        #expect(outcome.lastWord.contains(word), "\(outcome)")
    }

    /// A command with each option that it has, as `--experimental-dump-help` tells them; each option once.
    private static func options(_ sandbox: Sandbox) async throws -> [(command: [String], option: String)] {
        let json = try await sandbox.run("--experimental-dump-help").jsonOnManyLines()
        var found: [String: [String]] = [:]
        func collect(_ command: JSONValue, _ path: [String]) {
            for argument in command["arguments"]?.elements ?? [] where argument["kind"]?.string != "positional" {
                for name in argument["names"]?.elements ?? [] where name["kind"]?.string == "long" {
                    found["--\(name["name"]?.string ?? "?")"] = path
                }
            }
            for sub in command["subcommands"]?.elements ?? [] where sub["commandName"]?.string != "help" {
                collect(sub, path + [sub["commandName"]?.string ?? "?"])
            }
        }
        collect(json["command"] ?? .null, [])
        return found.filter { !["--help", "--version"].contains($0.key) }.map { ($0.value, $0.key) }
    }

    @Test("An option that is given twice is refused with its name, unless it can be repeated")
    func doubled() async throws {
        let sandbox = try Sandbox()
        let options = try await Self.options(sandbox)
        #expect(options.count >= 30)
        for (command, option) in options {
            let outcome = try await sandbox.run(command + ["\(option)=1", option, "1"])
            #expect(outcome.code == 64, "\(command) \(option): \(outcome)")
            let isRepeatable = ["--set", "--state"].contains(option)
            #expect(outcome.lastWord.contains("\(option) is given twice") != isRepeatable, "\(outcome)")
        }
        try await sandbox.succeed("list", "--state", "created", "--state", "running")
        try await sandbox.succeed("deploy", "web", "--create", "--set", "a=1", "--set", "b=2")
        #expect(try await sandbox.run("list", "--quiet", "--quiet").code == 64)
    }

    @Test(
        "A number is digits and no other form, and the message names the option",
        arguments: [
            ["list", "--lock-timeout"], ["history", "web", "--last"], ["logs", "web", "--lines"],
            ["list", "--keep"], ["show", "web", "--at"], ["create", "web", "--ssh-port"],
        ])
    func numbers(arguments: [String]) async throws {
        let sandbox = try Sandbox()
        for word in ["0x10", "1e1", "+1", "-1", "1_000", "٣", "nan", "inf", ".5", "5.", ""] {
            let outcome = try await sandbox.run(arguments.dropLast() + ["\(arguments.last ?? "")=\(word)"])
            #expect(outcome.code == 64, "\(word): \(outcome)")
            #expect(outcome.lastWord.contains(arguments.last ?? ""), "\(word): \(outcome)")
        }
        #expect(!sandbox.exists("data"))
    }

    @Test(
        "A wrong command line is refused with 64, before anything is done",
        arguments: [
            ["show"], ["show", "Bad Name"], ["list", "web"], ["show", "web", "--all"],
            ["show", "web", "api", "--at", "2"], ["completion", "tcsh"],
            ["list", "--state", "melted"],
            ["list", "--watch", "--json"], ["logs", "web", "--run", ""], ["logs", "web", "--run="],
            ["logs", "web", ""],
            ["watch", "web", "--json"], ["history", "web", "--follow", "--json"], ["deploy", "web", "--until", "x"],
            ["deploy", "web", "--lock-timeout", "-1"], ["deploy", "web", "--provider", "nope"],
            ["deploy", "web", "--workflow", "absent.json"],
            ["deploy", "web", "--workflow", "f", "--provider", "local"],
            ["create", "web", "--ssh-port", "99999"], ["list", "--quiet", "--verbose"], ["rerun", "web"],
            ["deploy", "web", "--create", "--rerun", "no_such_step"], ["list", "--log-format", "xml"],
            ["migrate-store"],
            ["deploy", "web", "--set", "tag"], ["deploy", "web", "--set", "=v2"], ["deploy", "web", "--set", "Tag=v2"],
            ["deploy", "web", "--set", "tag=v1", "--set", "tag=v2"], ["deploy", "web", "--set"],
            ["release", "web", "--set", "my-tag=v2"], ["run", "web", "--set", "1st=v2"],
            ["plan", "web", "--set", "tag"], ["provision", "web", "--set", "tag"],
            ["configure", "web", "--set", "tag"],
            ["deploy", "web", "--from", "destroy"], ["deploy", "web", "--from", "released"],
            ["deploy", "web", "--until", "released", "--from", "run"], ["release", "web", "--from", "release"],
            ["deploy", "web", "--from-start"], ["plan", "web", "--destroy", "--set", "tag=v2"],
            ["plan", "web", "--destroy", "--from", "run"],
        ])
    func refusals(arguments: [String]) async throws {
        let sandbox = try Sandbox()
        let outcome = try await sandbox.run(arguments)
        #expect(outcome.code == 64, "\(outcome)")
        #expect(outcome.output == "" || arguments.contains("--json"))
        #expect(outcome.lastWord.hasPrefix("error: "))
        #expect(!sandbox.exists("data"))
        let json = try await sandbox.run(arguments + ["--json"].filter { !arguments.contains($0) })
        if json.code == 64 { #expect(try json.json()["error"]?["code"]?.integer == 64) }
    }

    @Test(
        "A word that could be a database is no folder, and no message has its password",
        arguments: [
            ["list", "postgres://deploy:sesame@db/environments"], ["postgres://deploy:sesame@db/environments"],
            ["show", "postgres://deploy:sesame@db/environments"], ["list", "--state", "host=db password=a&sesame"],
            ["list", "host=db password=a\\ sesame user=b"], ["help", "postgres://deploy:/sesame@db/environments"],
            ["deploy", "web", "--store", "postgress://deploy:sesame@db/environments"],
            ["deploy", "web", "--store", "postgres:/deploy:sesame@db/environments"],
            ["migrate-store", "--to", "https://deploy:sesame@db/environments"],
        ])
    func passwords(arguments: [String]) async throws {
        let sandbox = try Sandbox()
        for more in [[], ["--json"]] {
            let outcome = try await sandbox.run(arguments + more)
            #expect(outcome.code == 64 && !"\(outcome)".contains("sesame"), "\(outcome)")
        }
        #expect(try await sandbox.shell("ls") == "home\n")
    }

    @Test(
        "A connection string is shown without its password and with all the rest",
        arguments: [
            ("postgres://u:p@w@h/db", "postgres://u@h/db"),
            ("postgres://u@h/db?password=p&port=1", "postgres://u@h/db?&port=1"),
            ("host=db password=a&b user=x", "host=db user=x"), (#"host=db password=a\ b user=x"#, "host=db user=x"),
            (#"host=db password = 'a\' b' user=x"#, "host=db user=x"), ("host=db user=x", "host=db user=x"),
            ("/srv/data", "/srv/data"),
            ("host=db password=\u{301}p user=x", "host=db user=x"),
            ("postgres://u:\u{301}p@\u{301}h/db", "postgres://u@\u{301}h/db"),
            ("postgres://h/db?password=\u{200D}p&\u{301}port=1", "postgres://h/db?&\u{301}port=1"),
        ])
    func withoutPassword(text: String, shown: String) { #expect(text.withoutPassword == shown) }

    @Test("With --json every command says exactly one JSON object, and errors too")
    func json() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        for arguments in [
            ["list"], ["show", "web"], ["history", "web"], ["logs", "web"], ["logs", "web", "--list"],
            ["trace", "web"],
            ["lock", "web"], ["diagram"], ["stats"], ["plan", "web"], ["doctor", "--all"], ["diff", "web"],
            ["show", "web", "--at", "1"], ["restore", "web", "15", "--yes"], ["export", "web"],
            ["freeze", "web", "--reason", "x"], ["unfreeze", "web"],
            ["release", "web"], ["destroy", "web", "--yes"], ["purge", "web", "--dry-run"],
            ["purge", "web", "--yes"],
        ] {
            let outcome = try await sandbox.run(arguments + ["--json"])
            #expect(outcome.code == 0, "\(arguments): \(outcome)")
            _ = try outcome.json()
        }
        let missing = try await sandbox.run("show", "web", "--json")
        #expect(missing.code == 66)
        #expect(try missing.json()["error"]?["kind"]?.string == "not_found")
    }

    @Test("With --log-format json every line on standard error is a JSON object")
    func logFormat() async throws {
        let sandbox = try Sandbox()
        let outcome = try await sandbox.succeed("deploy", "web", "--create", "--log-format", "json")
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count > 10)
        for line in lines {
            #expect((try? JSONValue(parsing: Array(line.utf8)))?.object != nil, "\(line)")
        }
        #expect(try await sandbox.run("show", "nope", "--log-format", "json").errors.hasPrefix("{"))
        #expect(try await sandbox.succeed("deploy", "quiet", "--create", "--quiet").errors == "")
    }

    @Test(
        "Completions are made for the shells, and names of environments complete", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let sandbox = try Sandbox()
        let script = try await sandbox.succeed("completion", shell).output
        #expect(try await sandbox.succeed("--generate-completion-script", shell).output == script)
        #expect(script.contains("migrate-store") && script.contains("---completion"))
        if hasProgram(shell) {
            let read = try await sandbox.run(shell: "\(shell) -n '\(try sandbox.write(script, to: shell))'")
            #expect(read.code == 0 && read.errors == "", "\(read)")
        }
        try await sandbox.succeed("create", "web", "--data-dir", "other")
        // What the scripts ask the program: the option, the command, the argument's place, and the words so far.
        let names = try await sandbox.run(
            "---completion", "show", "--", "names.names", "3", "0", "envctl", "show", "--data-dir", "other")
        #expect(names.output.contains("web"), "\(names)")
    }

    // Needs bash, which loads the script as a user's shell does.
    @Test(
        "The shell completes commands, names, states and options",
        .enabled(if: hasProgram("bash"), "bash is not there"),
        arguments: [
            ("envctl sh", "show"), ("envctl show w", "web"), ("envctl show --data-dir data w", "web"),
            ("envctl restore w", "web"), ("envctl list --state configure_", "configure_failed"),
            ("envctl list --js", "--json"),
        ])
    func completes(line: String, word: String) async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("create", "web")
        let words = line.split(separator: " ").map { "'\($0)'" }
        try sandbox.write(
            """
            PATH="${PROGRAM%/*}:$PATH"; source <(envctl completion bash)
            COMP_WORDS=(\(words.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
            COMP_LINE='\(line)'; COMP_POINT=\(line.count)
            _envctl envctl \(words[words.count - 1]) \(words[words.count - 2]); printf '%s\\n' "${COMPREPLY[@]}"
            """, to: "complete.bash")
        #expect(try await sandbox.shell("bash complete.bash") == word + "\n")
    }

    @Test("A reader that goes away does not stop a run")
    func closedOutput() async throws {
        let sandbox = try Sandbox()
        let outcome = try await sandbox.run("deploy", "web", "--create", shell: "\"$@\" 2>&1 | head -1")
        #expect(outcome.code == 0 && outcome.lines.count == 2)
        try await wait(for: "the goal") { try await sandbox.state() == "configured" }
    }
}

extension Outcome {
    fileprivate func jsonOnManyLines() throws -> JSONValue {
        try JSONValue(parsing: Array(output.utf8))
    }
}
