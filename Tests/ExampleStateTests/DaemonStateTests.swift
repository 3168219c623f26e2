import Foundation
import OperatingSystem
import Testing

/// Tests of the built program that keeps a daemon's state.
struct DaemonStateTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    @discardableResult
    private func run(_ words: String..., variables: [String: String] = [:]) async throws -> Outcome {
        try await sandbox.run(
            "example-daemon-state", words,
            variables: ["EXAMPLE_DAEMON_STATE_DIR": sandbox.path("state")]
                .merging(variables) { $1 })
    }

    private static let defaults = """
        {
          "daemon_state" : "stopped",
          "stats" : {
            "saves_count" : 0,
            "total_resumes" : 0
          },
          "version" : 1
        }

        """

    @Test func theFirstLookShowsTheDefaultsAndMakesFolderAndFile() async throws {
        let outcome = try await run("status")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output == Self.defaults)
        #expect(try sandbox.mode("state") == 0o700)
        #expect(try sandbox.mode("state/state.json") == 0o600)
    }

    @Test func aSessionSurvivesRestarts() async throws {
        for words in [
            ["start-session", "/srv/a", "3"], ["complete-step", "fetch"], ["pause"], ["resume"],
            ["complete-step", "build"],
        ] {
            let outcome = try await sandbox.run(
                "example-daemon-state", ["--state-dir", sandbox.path("state")] + words)
            #expect(outcome.code == 0, "\(outcome)")
            #expect(outcome.errors.contains("INFO State persisted path=\(sandbox.path("state"))/state.json"))
        }
        let text = try await run("status").output
        for part in [
            #""daemon_state" : "monitoring""#, #""path" : "/srv/a""#, #""last_step" : "build""#, #""total_steps" : 3"#,
            #""saves_count" : 5"#, #""total_resumes" : 1"#, #""last_resume" : "20"#,
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(text.contains(#/"steps_completed" : \[\s+"fetch",\s+"build"\s+\]/#))
    }

    @Test func aDaemonThatServesSaysHowItsSavesEnded() async throws {
        try sandbox.write(
            "commands", "start-session /srv/a 3\ncomplete-step fetch\nnonsense\nresume\npause\n")
        let outcome = try await sandbox.run(
            "example-daemon-state", ["--state-dir", sandbox.path("state"), "serve"], input: sandbox.path("commands"))
        #expect(outcome.code == 0, "\(outcome)")
        #expect(
            outcome.output.wholeMatch(
                of:
                    /3 saves: 3 succeeded, 0 failed; p50 [0-9.]+ ms, p95 [0-9.]+ ms, p99 [0-9.]+ ms, longest [0-9.]+ ms\n/
            ) != nil, "\(outcome)")
        #expect(outcome.errors.contains("error: unknown command: nonsense"))
        #expect(outcome.errors.contains("error: the daemon is monitoring"))
        #expect(try await run("status").output.contains(#""saves_count" : 3"#))
    }

    @Test func aWaitForTheLockEndsAfterTheTimeThatIsSaid() async throws {
        try await run("status")
        let lock = try #require(try FileLock.attempt("state.json.lock", in: Folder(sandbox.path("state"))))
        let start = ContinuousClock.now
        let outcome = try await sandbox.run(
            "example-daemon-state", ["--lock-timeout", "0.3", "--state-dir", sandbox.path("state"), "pause"])
        #expect(outcome.code == 74)
        #expect(outcome.errors.contains("(waited 0.3 s)"), "\(outcome)")
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        try lock.release()
    }

    @Test(arguments: [["pause"], ["resume"], ["complete-step", "a"]])
    func whatAStoppedDaemonCannotDoIsRefusedAndNothingIsSaved(_ words: [String]) async throws {
        try await run("status")
        let before = sandbox.read("state/state.json")
        let outcome = try await sandbox.run(
            "example-daemon-state", ["--state-dir", sandbox.path("state")] + words)
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("error: the daemon is stopped"))
        #expect(sandbox.read("state/state.json") == before)
    }

    @Test(arguments: [
        [], ["nonsense"], ["start-session", "a"], ["start-session", "a", "0"], ["--state-dir"],
        ["--lock-timeout", "x", "status"],
    ])
    func aCommandLineThatMeansNothingIsAnswered(_ words: [String]) async throws {
        let outcome = try await sandbox.run("example-daemon-state", words)
        #expect(outcome.code == 64)
        #expect(outcome.errors.hasPrefix("usage: "))
    }

    @Test func aDamagedFileIsLoggedAndKeptAndDefaultsAreUsedAndAnEarlierOneStays() async throws {
        try await run("start-session", "a", "1")
        for (damage, kept) in [("{ half", "state.json.bak"), ("\u{0}\u{1}", "state.json.bak.2")] {
            try sandbox.write("state/state.json", damage)
            let outcome = try await run("status")
            #expect(outcome.code == 0, "\(outcome)")
            #expect(outcome.output == Self.defaults)
            #expect(sandbox.read("state/\(kept)") == damage)
            #expect(outcome.errors.contains("WARNING") && outcome.errors.contains("state/\(kept)"), "\(outcome)")
            #expect(outcome.errors.contains("state/state.json was edited or damaged"), "\(outcome)")
        }
        #expect(sandbox.read("state/state.json.bak") == "{ half")
    }

    @Test func aFileThatWasPreparedByHandIsRead() async throws {
        try sandbox.write(
            "state/state.json",
            #"{"version":1,"daemon_state":"paused","stats":{"saves_count":7,"total_resumes":2}}"#)
        #expect(try await run("resume").code == 0)
        let text = try await run("status").output
        #expect(text.contains(#""saves_count" : 8"#) && text.contains(#""total_resumes" : 3"#), "\(text)")
    }

    @Test func aFileOfAnotherProgramWithNumbersForStepsAndTimesInWholeSecondsIsTakenOver() async throws {
        try sandbox.write(
            "state/state.json",
            """
            {
              "version": 1,
              "daemon_state": "monitoring",
              "current_session": {
                "path": "/srv/a", "steps_completed": [1, 2], "last_step": 2, "total_steps": 4
              },
              "stats": { "saves_count": 7, "total_resumes": 1, "last_resume": "2026-11-20T23:19:01+01:00" }
            }
            """)
        let outcome = try await run("complete-step", "3")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(sandbox.read("state/state.json.bak") == nil)
        let text = try await run("status").output
        for part in [#""last_step" : "3""#, #""saves_count" : 8"#, #""last_resume" : "2026-11-20T22:19:01.000Z""#] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(text.contains(#/"steps_completed" : \[\s+"1",\s+"2",\s+"3"\s+\]/#), "\(text)")
    }

    @Test func theLogSaysThatTheStateWasPersistedOnlyWhenItWas() async throws {
        let first = try await run("status")
        #expect(first.errors.contains("INFO State persisted"), "the first look makes the file: \(first)")
        for words in [["stop"], ["status"], ["pause"]] {
            let outcome = try await sandbox.run("example-daemon-state", ["--state-dir", sandbox.path("state")] + words)
            #expect(!outcome.errors.contains("State persisted"), "\(words): \(outcome)")
        }
        let changed = try await run("start-session", "/srv/a", "3")
        #expect(changed.errors.contains("INFO State persisted"), "\(changed)")
        let lock = try #require(try FileLock.attempt("state.json.lock", in: Folder(sandbox.path("state"))))
        let failed = try await sandbox.run(
            "example-daemon-state", ["--lock-timeout", "0.1", "--state-dir", sandbox.path("state"), "stop"])
        #expect(failed.code == 74 && !failed.errors.contains("State persisted"), "\(failed)")
        try lock.release()
    }

    @Test func processesAtOnceLoseNoStep() async throws {
        try await run("start-session", "a", "100")
        try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    let outcome = try await run("complete-step", "step-\(number)")
                    #expect(outcome.code == 0, "\(outcome)")
                }
            }
            try await group.waitForAll()
        }
        let text = try await run("status").output
        for number in 0..<8 { #expect(text.contains("\"step-\(number)\"")) }
        #expect(text.contains(#""saves_count" : 9"#))
    }

    @Test(
        arguments: [
            (["EXAMPLE_DAEMON_STATE_DIR": "own"], "own"), (["XDG_STATE_HOME": "xdg"], "xdg/example-daemon"),
            ([:], "home/.local/state/example-daemon"),
            (["EXAMPLE_DAEMON_STATE_DIR": "", "XDG_STATE_HOME": ""], "home/.local/state/example-daemon"),
        ] as [([String: String], String)])
    func theStateIsWhereThePlatformKeepsItUnlessItIsSaidWhere(
        _ variables: [String: String], _ folder: String
    ) async throws {
        #if os(Linux)
            let absolute = variables.mapValues { $0.isEmpty ? "" : sandbox.path($0) }
            let outcome = try await sandbox.run("example-daemon-state", ["status"], variables: absolute)
            #expect(outcome.code == 0, "\(outcome)")
            #expect(sandbox.read("\(folder)/state.json") != nil)
        #endif
    }
}
