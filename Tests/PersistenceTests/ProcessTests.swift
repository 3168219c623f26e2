import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import TestSupport
import Testing

/// Tests with several processes on one environment.
@Suite(.silentLog, .slow)
struct ProcessTests {
    /// Runs the probe `count` times concurrently and waits for all.
    private func run(_ count: Int, _ word: String, rounds: Int, in files: TestFiles) async throws {
        let children = try (0..<count).map { index in
            try Probe.start(
                [Probe.path, word, files.folder + "/data", files.name.text, "\(rounds)"],
                output: "\(files.folder)/output-\(index)")
        }
        for (index, child) in children.enumerated() {
            let end = await child.end()
            let printed = try text("\(files.folder)/output-\(index)")
            #expect(end == .exited(0), "\(printed)")
        }
    }

    @Test func noUpdateOfEightProcessesIsLost() async throws {
        try await withFileRepository { files in
            try await run(8, "count", rounds: 10, in: files)
            let stored = try #require(try await files.repository.load(files.name))
            #expect(stored.document.context.outputs["count"] == "80")
            #expect(stored.serial == 80)
        }
    }

    @Test func theHistoryOfManyProcessesHasNoGap() async throws {
        try await withFileRepository { files in
            try await run(4, "count", rounds: 10, in: files)
            let history = try #require(try await files.repository.history(of: files.name))
            #expect(history.lines.map(\.serial) == Array(1...40))
            #expect(history.flaws == [])
        }
    }

    @Test func mixedOperationsOfFourProcessesNeverShowABrokenState() async throws {
        try await withFileRepository { files in
            try await run(4, "mix", rounds: 50, in: files)
            _ = try await files.repository.load(files.name)
            #expect(try files.temporaryFiles() == [])
        }
    }

    @Test func aProcessKilledAtAnyMomentLeavesAWholeStateAndAFreeLock() async throws {
        try await withFileRepository(lockTimeout: .zero) { files in
            var serial = 0
            for round in 0..<10 {
                let child = try Probe.start(
                    [Probe.path, "save", files.folder + "/data", files.name.text, "100000"],
                    output: files.folder + "/output")
                while try (await files.repository.load(files.name)?.serial ?? 0) <= serial {
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await Task.sleep(for: .microseconds(round * 411))
                child.killNow()
                #expect(await child.end() == .signalled(Signals.kill))
                let lease = try await files.lease()
                let stored = try #require(try await lease.stored)
                #expect(stored.serial > serial)
                serial = stored.serial
                await lease.release()
                #expect(try files.temporaryFiles() == [])
                let history = try await files.repository.history(of: files.name)
                #expect(history?.lines.count == serial && history?.flaws == [])
            }
        }
    }
}
