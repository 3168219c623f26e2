import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// Environments in trouble, each made as it comes about in life.
extension Sandbox {
    /// Configured, and then the newest line of its log changed.
    func damaged(_ name: String = "damaged") async throws {
        try await succeed("deploy", name, "--create")
        try await shell("sed -i s/configured/x/ data/\(name)/history.jsonl")
    }

    /// Killed in the middle of a step.
    ///
    /// - Parameter survives: whether what the step started lives on for a while.
    func interrupted(_ name: String = "interrupted", survives: Bool = true, repeatable: Bool = true)
        async throws
    {
        let program = try await atWork(name, survives: survives, repeatable: repeatable)
        if survives {
            try await killLeavingOrphan(program)
        } else {
            program.signal(SIGKILL)
            _ = try await program.end()
        }
    }

    /// Kills a program that is in the middle of a step, and what would end that step 15 s later: the step lives on until
    /// the test ends it.
    func killLeavingOrphan(_ program: Program) async throws {
        try await shell("pkill -KILL -P \(program.identifier) -f 'read -r _ <&3'")
        program.signal(SIGKILL)
        _ = try await program.end()
    }

    /// Failed in its configuration, until there is a file `go`.
    func failed(_ name: String = "failed") async throws {
        try workflow(["configure": ["echo looking for go; test -e '\(path("go"))'"]], to: "\(name).json")
        let outcome = try await run("deploy", name, "--create", "--workflow", "\(name).json")
        guard outcome.code == 1 else { throw InVain("it did not fail: \(outcome)") }
    }

    /// Provisioned and frozen.
    func frozen(_ name: String = "frozen") async throws {
        try await succeed("deploy", name, "--create", "--until", "provisioned")
        try await succeed("freeze", name, "--reason", "the fair goes on")
    }

    /// Held by a command in the middle of a step, until there is a file `go`.
    func atWork(_ name: String, survives: Bool = true, repeatable: Bool = true) async throws -> Program {
        let started = path("\(name).started")
        try workflow(
            [
                "configure": [
                    "test -e '\(path("go"))' || { \(survives ? "trap '' TERM;" : "") touch '\(started)'; sleep 600; }"
                ]
            ], repeatable: repeatable, to: "\(name).json")
        let program = try start(["deploy", name, "--create", "--workflow", "\(name).json"])
        try await wait(for: "the step") { FileManager.default.fileExists(atPath: started) }
        return program
    }

    /// Kills what steps of an environment left running.
    func killOrphans(_ name: String) async throws {
        let lock = try await run("lock", name, "--json").json()
        for process in lock["processes"]?.elements ?? [] {
            if let pid = process["pid"]?.integer { try await shell("kill -KILL \(pid) 2>/dev/null || :") }
        }
        try await wait(for: "the end of what was killed") {
            try await run("lock", name, "--json").json()["processes"] == nil
        }
    }
}
