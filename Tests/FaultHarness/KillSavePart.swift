import EnvironmentDomain
import OperatingSystem
import Persistence

/// Tests with `kill -9` before each call of a save, of several saves under one lease, of a delete and of a recovery.
enum KillSavePart: Part {
    static let name = "kill-save"

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        for scenario in Scenario.all {
            try await bench.withCase { files in try await attack(scenario, files, bench, &findings) }
        }
    }

    private static func attack(
        _ scenario: Scenario, _ files: Case, _ bench: Bench, _ findings: inout Findings
    ) async throws {
        let stage = try await Stage(scenario, in: files)
        let before = stage.serial
        let total = stage.calls.count
        for number in stride(from: 1, through: total, by: bench.isShort ? 7 : 1) {
            for action in bench.isShort ? ["kill-before"] : ["kill-before", "kill-after"] {
                let place = "\(scenario.name), \(action) \(number) of \(total)"
                let (end, output) = try await stage.play(action, at: number)
                guard end == .killed else {
                    if end == .exited(0) { findings.count("not reached") }
                    if end != .exited(0) { findings.violation("\(place): \(end) \(output)") }
                    continue
                }
                findings.count("kills")
                do {
                    let after = try await files.repository.load(files.name)?.serial ?? 0
                    let acknowledged = files.acknowledged(in: output).last ?? 0
                    let isPossible =
                        scenario.deletes
                        ? [0, before].contains(after)
                        : (max(before, acknowledged)...max(before, acknowledged) + 1).contains(after)
                    if !isPossible {
                        findings.violation("\(place): serial \(after), before \(before), acknowledged \(acknowledged)")
                    }
                    let next = try await files.save()
                    if next != after + 1 { findings.violation("\(place): the next save got serial \(next)") }
                    findings.violations(await files.faults(), in: place)
                } catch {
                    findings.violation("\(place): \(error)")
                }
            }
        }
    }
}
