import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

#if PostgreSQL
    /// The tool on a database, as on files.
    @Suite("Environments in PostgreSQL", .enabled(if: Database.missing == nil, "a PostgreSQL server can be started"))
    struct DatabaseTests {
        @Test("Every command says and does the same on a database as on files")
        func alike() async throws {
            let (files, database) = (try Sandbox(), try await Sandbox.onDatabase())
            for sandbox in [files, database] {
                try sandbox.workflow(["configure": ["test -e go"], "release": ["echo out"]])
            }
            for line in [
                "list", "show web", "deploy web", "create api --workflow workflow.json", "create api", "list",
                "show web",
                "history web", "history web --kind transition --last 2", "logs web --list", "logs web create_instance",
                "trace web", "lock web", "diagram web", "stats web", "plan web --until running", "plan web --destroy",
                "doctor --all", "diff web", "diff web 12 13", "show web --at 9", "accept-edit web",
                "recover web", "deploy api", "trace api", "resume api", "retry api", "rerun api --step step_1",
                "provision web", "configure web", "release web", "run web", "freeze web --reason fair",
                "destroy web", "restore web 14", "show web", "unfreeze web", "restore web 15",
                "history web", "validate web", "force-release web", "destroy web --yes", "purge api --yes",
                "purge web --yes", "list",
                "purge web", "show web",
            ] {
                let words = line.split(separator: " ").map(String.init)
                let expected = try await files.run(words)
                let outcome = try await database.run(words)
                #expect(outcome.code == expected.code, "\(line): \(outcome)\n--- files\n\(expected)")
                #expect(
                    Self.comparable(outcome, in: database) == Self.comparable(expected, in: files),
                    "\(line): \(outcome)\n--- files\n\(expected)")
            }
            #expect(!database.exists("data/web/state.json"))
        }

        /// What was printed, apart from where it is kept.
        private static func comparable(_ outcome: Outcome, in sandbox: Sandbox) -> [String] {
            // These only files have.
            outcome.lines.filter { !$0.contains(#/(state\.json|history\.jsonl|records)$/#) }.map { line in
                line.withoutWhatDiffers(folder: sandbox.root)
                    .replacing(#/host=\S+ dbname=\S+ user=\S+/#, with: "/srv/deploy/data")
                    .replacing(#/(release|service_pid)=\w+/#) { "\($0.1)=ONE" }
            }
        }

        @Test("Exports go from a database to files and back, with their history")
        func exports() async throws {
            let (files, database) = (try Sandbox(), try await Sandbox.onDatabase())
            try database.workflow([:])
            try await database.succeed("deploy", "api", "--create", "--workflow", "workflow.json")
            try files.write(try await database.succeed("export", "api").output, to: "api.json")
            try await files.succeed("import", "api.json")
            try await files.succeed("release", "api")
            try database.write(try await files.succeed("export", "api").output, to: "api.json")
            let other = try await Sandbox.onDatabase()
            try await other.succeed("import", database.path("api.json"))
            #expect(
                try await other.succeed("history", "api").output.contains("configured -> releasing"),
                "the history came along")
        }

        @Test("An import whose history does not lead up to its state is refused")
        func exportInBetween() async throws { try await ImportTests.tryHistoryThatGoesOn(Sandbox.onDatabase()) }

        @Test("A change is shown to those who follow and watch as soon as the database tells it")
        func watching() async throws {
            let sandbox = try await Sandbox.onDatabase()
            try await sandbox.succeed("create", "web")
            let follower = try sandbox.start(["history", "web", "--follow"])
            let watcher = try sandbox.start(["list", "--watch"])
            try await wait(for: "the first look") {
                follower.output.contains("nothing -> created") && watcher.output.contains("created")
            }
            let store = try #require(sandbox.variables["TYPED_ENVIRONMENTS_STORE"])
            try await wait(for: "both to listen") {
                try await Database.shared.value.run(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
                    in: store) == "2\n"
            }
            try await sandbox.succeed("freeze", "web", "--reason", "the fair goes on")
            try await wait(for: "the change") {
                follower.output.contains("the fair goes on") && watcher.output.contains("frozen: the fair goes on")
            }
            for program in [follower, watcher] {
                program.signal(SIGINT)
                #expect(try await program.end().code == 130)
            }
        }

        @Test(
            "A list of many environments needs no more than four connections, and looks together at what came together")
        func listing() async throws {
            let sandbox = try await Sandbox.onDatabase()
            let store = try #require(sandbox.variables["TYPED_ENVIRONMENTS_STORE"])
            for number in 1...15 { try await sandbox.succeed("create", "web-\(number)") }
            let role = "looker_\(try #require(store.firstMatch(of: #/dbname=(\w+)/#)?.1))"
            try await Database.shared.value.run(
                """
                CREATE ROLE \(role) LOGIN CONNECTION LIMIT 4;
                GRANT USAGE ON SCHEMA typed_environments TO \(role);
                GRANT SELECT ON ALL TABLES IN SCHEMA typed_environments TO \(role)
                """, in: store)
            let restricted = store.replacing("user=postgres", with: "user=\(role)")
            for _ in 1...3 { #expect(try await sandbox.succeed("list", "--store", restricted).lines.count == 17) }

            let watcher = try sandbox.start(["list", "--watch"])
            try await wait(for: "the first look") { watcher.output.contains("web-9") }
            func looks() async throws -> Int {
                try await Task.sleep(for: .seconds(2))
                let text = try await Database.shared.value.run(
                    "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()", in: store)
                return try #require(Int(text.dropLast()))
            }
            let before = try await looks()
            try sandbox.write(
                String(repeating: "NOTIFY typed_environments, 'web-1 2'; SELECT pg_sleep(0.02);\n", count: 100),
                to: "saves")
            let start = ContinuousClock.now
            try await sandbox.shell("psql -X -q -d '\(store)' -f saves >saves.out")
            let took = ContinuousClock.now - start
            let transactions = try await looks() - before
            // The notifications' own, and less than 50 for each look.
            #expect(Double(transactions) < 200 + 50 * (took / .milliseconds(200) + 4))
            watcher.signal(SIGINT)
            _ = try await watcher.end()
        }

        @Test("An environment is taken away from a holder that hangs, after its holder was shown")
        func forceRelease() async throws {
            let sandbox = try await Sandbox.onDatabase()
            let worker = try await sandbox.atWork("web", survives: false)
            worker.signal(SIGSTOP)
            let shown = try await sandbox.run("force-release", "web")
            #expect(shown.code == 75)
            #expect(shown.output.contains("web is held by") && shown.output.contains("which is stopped"))
            let holder = try await sandbox.run("force-release", "web", "--json").json()["holder"]
            let id = try #require(holder?["lock_id"]?.string)
            #expect(shown.lastWord.hasSuffix("Next: envctl force-release web --yes \(id)"))
            #expect(try await sandbox.succeed("lock", "web").output.contains("envctl force-release web --yes \(id)"))
            // Not the one that was shown.
            let other = try await sandbox.run("force-release", "web", "--yes", String(id.reversed()))
            #expect(other.code == 74 && other.lastWord.contains("held by another by now"), "\(other)")
            #expect(try await sandbox.run("force-release", "web").code == 75)
            #expect(try await sandbox.run("resume", "web", "--lock-timeout", "0").code == 75)
            let taken = try await sandbox.succeed("force-release", "web", "--yes", id, "--json").json()
            #expect(taken["released"]?.bool == true && taken["holder"]?["pid"]?.integer == Int64(worker.identifier))
            #expect(try await sandbox.succeed("force-release", "web").output == "web is free\n")
            let before = try await sandbox.succeed("show", "web", "--json").json()["serial"]?.integer
            worker.signal(SIGCONT)
            let ended = try await worker.end()
            #expect(ended.code == 74 && ended.lastWord.contains("right to change"), "\(ended)")
            #expect(try await sandbox.succeed("show", "web", "--json").json()["serial"]?.integer == before)
            // What it did until then is in a record, which is decided first.
            let refused = try await sandbox.run("resume", "web")
            #expect(refused.code == 74 && refused.lastWord.contains("Next: envctl recover web /"), "\(refused)")
            try await sandbox.succeed("recover", "web")
            try sandbox.write("", to: "go")
            try await sandbox.succeed("resume", "web")
        }

        @Test("A command that was killed is resumed at once on the same machine")
        func killed() async throws {
            let sandbox = try await Sandbox.onDatabase()
            try await sandbox.interrupted("web", survives: false)
            try await sandbox.killOrphans("web")
            #expect(try await sandbox.run("list", "--troubled").output.contains("interrupted"))
            #expect(try await sandbox.run("doctor", "web").output.contains("A command ended without releasing it"))
            #expect(try await sandbox.succeed("doctor", "web", "--fix").output.contains("repaired abandoned"))
            try sandbox.write("", to: "go")
            try await sandbox.succeed("resume", "web")
        }

        @Test("Environments move from files to a database and back, once, with history and earlier states")
        func migrate() async throws {
            let store = try await Database.shared.value.newStore()
            let sandbox = try Sandbox()
            try await sandbox.succeed("prepare-store", "--store", store)
            try await sandbox.succeed("deploy", "web", "--create")
            try await sandbox.succeed("create", "api")
            let trial = try await sandbox.succeed("migrate-store", "--to", store, "--dry-run").output
            #expect(trial == "api: would be moved (serial 1)\nweb: would be moved (serial 15)\n")
            let moved = try await sandbox.succeed("migrate-store", "--to", store).output
            #expect(moved == "api: moved (serial 3)\nweb: moved (serial 17)\n")
            let again = try await sandbox.succeed("migrate-store", "--to", store).output
            #expect(again == "api: moved already (serial 3)\nweb: moved already (serial 17)\n")
            #expect(try await sandbox.run("release", "web").code == 78)
            try await sandbox.succeed("release", "web", "--store", store)
            #expect(
                try await sandbox.succeed("show", "web", "--at", "3", "--store", store).output.contains("provisioning"))

            let back = try await sandbox.succeed("migrate-store", "web", "--store", store, "--to", "back").output
            #expect(back.hasPrefix("web: moved"))
            let history = try await sandbox.succeed("history", "web", "--store", "back").output
            for word in ["nothing -> created", "moved to host=", "moved from host=", "releasing -> released"] {
                #expect(history.contains(word), "\(word)\n\(history)")
            }
            #expect(
                try await sandbox.succeed("doctor", "--all", "--store", "back").output.hasPrefix(
                    "web: nothing is wrong\n"))
            try await sandbox.succeed("destroy", "web", "--yes", "--store", "back")

            // What was left behind is not the database's to remove.
            try await sandbox.succeed("destroy", "api", "--yes", "--store", store)
            let planned = try await sandbox.succeed("purge", "api", "--dry-run", "--store", store).output
            let purged = try await sandbox.succeed("purge", "api", "--yes", "--store", store).output
            #expect(!planned.contains("state.json") && !purged.contains("state.json"))
            #expect(try await sandbox.succeed("show", "api").output.contains("moved to host="))
        }

        @Test("A move out of a database that is interrupted leaves nothing frozen or copied")
        func migrateInterrupted() async throws { try await ImportTests.interruptMove(Sandbox.onDatabase()) }

        @Test("What arrived as something else is not free in two places")
        func migrateDamaged() async throws {
            let sandbox = try Sandbox()
            let store = try await Database.shared.value.newStore()
            try await sandbox.succeed("prepare-store", "--store", store)
            try await Database.shared.value.run(
                """
                CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
                CREATE TRIGGER lose BEFORE INSERT ON typed_environments.history FOR EACH ROW WHEN (NEW.serial = 1)
                    EXECUTE FUNCTION lose()
                """, in: store)
            try await sandbox.succeed("deploy", "web", "--create")
            let moved = try await sandbox.run("migrate-store", "--to", store)
            #expect(moved.code == 74 && moved.output.contains("It stays frozen"), "\(moved)")
            #expect(try await sandbox.run("release", "web").code == 78)
            #expect(try await sandbox.run("release", "web", "--store", store).code == 78)
            let again = try await sandbox.run("migrate-store", "--to", store)
            #expect(again.code == 74 && again.output.contains("there is another one of that name"), "\(again)")
            try await Database.shared.value.run(
                """
                DROP TRIGGER lose ON typed_environments.history;
                TRUNCATE typed_environments.history, typed_environments.environments;
                UPDATE typed_environments.leases SET is_stored = false
                """, in: store)
            let free = try await sandbox.succeed("migrate-store", "--to", store)
            #expect(free.output.hasPrefix("web: moved (serial"), "\(free)")
        }

        @Test("A row that was edited by hand is found, and accepted or undone")
        func acceptEdit() async throws {
            let sandbox = try await Sandbox.onDatabase()
            let store = try #require(sandbox.variables["TYPED_ENVIRONMENTS_STORE"])
            try await sandbox.succeed("deploy", "web", "--create")
            func edit() async throws {
                try await Database.shared.value.run(
                    "UPDATE typed_environments.environments SET document = replace(document, '127.0.0.1', '127.0.0.2')",
                    in: store)
            }
            try await edit()
            let refused = try await sandbox.run("release", "web")
            #expect(refused.code == 65 && refused.lastWord.contains("Next: envctl doctor web"), "\(refused)")
            let found = try await sandbox.run("doctor", "web")
            #expect(found.code == 65 && found.output.contains("next: envctl accept-edit web"), "\(found)")
            try await sandbox.succeed("accept-edit", "web", "--yes")
            #expect(
                try await sandbox.succeed("show", "web", "--json").json()["instance_address"]?.string == "127.0.0.2")
            try await Database.shared.value.run(
                "UPDATE typed_environments.environments SET document = 'gone'", in: store)
            let damaged = try await sandbox.run("doctor", "web")
            #expect(damaged.code == 65 && damaged.output.contains("next: envctl doctor web --fix"), "\(damaged)")
            try await sandbox.succeed("doctor", "web", "--fix")
            try await sandbox.succeed("deploy", "web", "--create")
        }

        @Test("What keeps the tool from a database is said, and never the password")
        func refusals() async throws {
            let store = try await Database.shared.value.newStore()
            let folder = try await Database.shared.value.folder
            let sandbox = try Sandbox()
            let bare = try await sandbox.run("list", "--store", store)
            #expect(bare.code == 74 && bare.lastWord.contains("envctl prepare-store"), "\(bare)")
            let name = try #require(store.firstMatch(of: #/dbname=(\w+)/#)?.1)
            let url = "postgres://postgres:sesame@/\(name)?host=\(folder)"
            #expect(try await sandbox.succeed("prepare-store", "--store", url).output == "schema version 0 -> 2\n")
            #expect(
                try await sandbox.succeed("prepare-store", "--store", url).output
                    == "nothing to do: the tables have schema version 2\n")
            try sandbox.workflow(["configure": ["exit 1"]])
            for (arguments, code) in [
                (["list", "--store", "postgres://deploy:sesame@127.0.0.1:1/environments"], 74),
                (["list", "--store", "postgres://deploy:ses@me/sesame@db/environments"], 64),
                (["list", "--store", "host=db password='sesame sesame' nonsense=1"], 64),
                (["deploy", "api", "--create", "--workflow", "workflow.json", "--store", url], 1),
                (["show", "api", "--store", url, "--verbose"], 0), (["show", "web", "--store", url], 66),
                (["migrate-store", "--store", url, "--to", url], 64),
                (["migrate-store", "--to", "host=\(folder) dbname=\(name)x user=postgres password=sesame"], 74),
                (["list", "--store", "data", "--data-dir", "other"], 64),
            ] as [([String], Int32)] {
                let outcome = try await sandbox.run(arguments)
                #expect(outcome.code == code, "\(arguments): \(outcome)")
                #expect(!"\(outcome)".contains("sesame"), "\(arguments): \(outcome)")
            }
            // The next command names the store without the password, and works where one is kept elsewhere.
            let shown = try await sandbox.succeed("show", "api", "--store", url).output
            #expect(
                shown.contains("envctl retry api --store 'postgres://postgres@/\(name)?host=\(folder)'"), "\(shown)")
        }

        @Test("Everything that the page on running a database says to type does what it says")
        func page() async throws {
            let page = URL(filePath: #filePath).appending(path: "../../../../Backends/PostgresPersistence/README.md")
            let text = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
            let blocks = text.split(separator: "```sh\n").dropFirst().compactMap { part in
                part.firstRange(of: "```").map { String(part[..<$0.lowerBound]) }
            }
            #expect(blocks.count == 6)
            let sandbox = try Sandbox()
            // What the page finds in the folder `data`.
            try await sandbox.succeed("deploy", "web", "--create")
            let script = """
                PATH='\(URL(filePath: Sandbox.program).deletingLastPathComponent().path())':"$PATH"
                export PGHOST='\(try await Database.shared.value.folder)' PGUSER=postgres
                set -x
                \(blocks.joined())
                """
            let outcome = try await sandbox.start([], shell: "set -eu; exec 2>&1\n\(script)").end()
            #expect(outcome.code == 0, "\(outcome)")
            var rest = outcome.output[...]
            let promises = blocks.flatMap { $0.split(separator: "\n") }.compactMap { line -> String? in
                line.firstRange(of: "# prints: ").map { String(line[$0.upperBound...]) }
            }
            #expect(promises.count == 12)
            for promise in promises {
                let found = try #require(rest.firstRange(of: promise), "\(promise) is not printed: \(outcome)")
                rest = rest[found.upperBound...]
            }
        }
    }
#else
    @Suite("A tool that was built without PostgreSQL")
    struct DatabaseTests {
        @Test("It says so, and how to build one that has it", arguments: ["postgres://db/environments", "host=db"])
        func refusal(store: String) async throws {
            let sandbox = try Sandbox()
            let outcome = try await sandbox.run("list", "--store", store)
            #expect(outcome.code == 78)
            #expect(
                outcome.lastWord.contains("built without PostgreSQL") && outcome.lastWord.contains("install-envctl"))
            #expect(
                try await Sandbox(store: store).run("list", "--json").json()["error"]?["kind"]?.string
                    == "no_postgresql")
        }
    }
#endif
