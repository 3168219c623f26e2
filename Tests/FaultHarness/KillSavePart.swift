import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// `kill -9` before every call of a save, of several saves under one lease, of a delete and of a recovery.
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
        try await scenario.prepare(files)
        let template = files.folder + "/template"
        if exists(files.data) { try copy(files.data, to: template) }
        let before = try files.repository.load(files.name)?.serial ?? 0
        let command = scenario.command(files)
        guard try await files.run(files.traced(command)).end == .exited(0) else {
            findings.violation("\(scenario.name): fails undisturbed: \(text(files.output))")
            return
        }
        let total = files.calls().count
        for number in stride(from: 1, through: total, by: bench.isShort ? 7 : 1) {
            for action in bench.isShort ? ["kill-before"] : ["kill-before", "kill-after"] {
                let place = "\(scenario.name), \(action) \(number) of \(total)"
                try? FileManager.default.removeItem(atPath: files.data)
                if exists(template) { try copy(template, to: files.data) }
                let (end, output) = try await files.run(files.traced(command, at: (number, action)))
                guard end == .killed else {
                    if end == .exited(0) { findings.count("not reached") }
                    if end != .exited(0) { findings.violation("\(place): \(end) \(output)") }
                    continue
                }
                findings.count("kills")
                do {
                    let after = try files.repository.load(files.name)?.serial ?? 0
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
                    findings.violations(files.faults(), in: place)
                } catch {
                    findings.violation("\(place): \(error)")
                }
            }
        }
    }
}

/// Something to disturb.
struct Scenario: Sendable {
    let name: String
    var deletes = false
    let prepare: @Sendable (Case) async throws -> Void
    let command: @Sendable (Case) -> [String]

    static let first = Scenario(name: "first save", prepare: { _ in }, command: { $0.probe("acknowledge") })
    static let eighth = Scenario(
        name: "eighth save", prepare: { try await $0.run($0.probe("acknowledge", 7)) },
        command: { $0.probe("acknowledge") })
    static let lease = Scenario(
        name: "seven saves under one lease", prepare: { try await $0.run($0.probe("acknowledge", 7)) },
        command: { $0.probe("lease", 7) })
    static let delete = Scenario(
        name: "delete", deletes: true, prepare: { try await $0.run($0.probe("acknowledge", 7)) },
        command: { $0.probe("delete") })
    /// What a crash leaves: the newest history lines are missing, the one before is torn, a temporary file lies there.
    static let recovery = Scenario(
        name: "save after a crash",
        prepare: { files in
            try await files.run(files.probe("acknowledge", 7))
            let lines = text(files.history).split(separator: "\n")
            let torn = lines.prefix(4).joined(separator: "\n") + "\n" + lines[4].prefix(30)
            try Data(torn.utf8).write(to: URL(fileURLWithPath: files.history))
            try Data("{".utf8).write(to: URL(fileURLWithPath: files.root + "/.state.8.0123abcd.tmp"))
        }, command: { $0.probe("acknowledge") })
    static let all = [first, eighth, lease, delete, recovery]
}
