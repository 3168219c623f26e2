import Foundation
import OperatingSystem

/// Tests with eight processes that take one lock: never two at the same time, even when each holder is killed.
enum LockPart: Part {
    static let name = "lock"
    static let usesInjector = false
    private static let processes = 8

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        try await bench.withCase { try await takeTurns($0, rounds: bench.isShort ? 10 : 125, &findings) }
        try await bench.withCase { try await killHolders($0, rounds: bench.isShort ? 40 : 1000, &findings) }
    }

    private static func takeTurns(_ files: Case, rounds: Int, _ findings: inout Findings) async throws {
        let command = files.probe("exclusive", rounds, files.folder + "/critical")
        for (index, process) in try files.start(command, times: processes).enumerated() {
            let end = await process.child.end()
            if end != .exited(0) || process.output != "done\n" {
                findings.violation("process \(index): \(end) \(process.output)")
            }
        }
        findings.count("turns of \(processes) processes", rounds * processes)
    }

    private static func killHolders(_ files: Case, rounds: Int, _ findings: inout Findings) async throws {
        var started = 0
        func contender() throws -> Started {
            started += 1
            return try files.start(files.probe("occupy", 1, files.folder + "/critical"), number: started)
        }
        var contenders = try (0..<processes).map { _ in try contender() }
        defer { for contender in contenders { contender.child.killNow() } }
        let clock = ContinuousClock()
        var killed = clock.now
        var waits: [Double] = []
        for round in 1...rounds {
            var holders: [Int] = []
            while holders.isEmpty {
                holders = contenders.indices.filter { !contenders[$0].output.isEmpty }
                if clock.now - killed > .seconds(20) {
                    findings.violation("round \(round): nobody got the lock for 20 s")
                    return
                }
                try await Task.sleep(for: .milliseconds(1))
            }
            if round > 1 { waits.append((clock.now - killed).seconds) }
            let output = contenders[holders[0]].output
            if holders.count > 1 || output != "held \(round)\n" {
                let all = holders.map { contenders[$0].output }
                findings.violation("round \(round): \(holders.count) holders: \(all)")
                return
            }
            killed = clock.now
            contenders[holders[0]].child.killNow()
            _ = await contenders[holders[0]].child.end()
            contenders[holders[0]] = try contender()
            findings.count("holders killed")
        }
        for contender in contenders {
            contender.child.killNow()
            _ = await contender.child.end()
        }
        _ = try await files.save()
        findings.violations(await files.faults(), in: "after the last holder")
        waits.sort()
        func milliseconds(_ seconds: Double) -> String { "\(Int((seconds * 1000).rounded())) ms" }
        if let last = waits.last {
            findings.note("next holder after \(milliseconds(waits[waits.count / 2])), at most \(milliseconds(last))")
            // The longest pause between two attempts is 10 ms; the rest is for a busy machine.
            if last > 2 { findings.violation("the next holder came after \(milliseconds(last))") }
        }
    }
}
