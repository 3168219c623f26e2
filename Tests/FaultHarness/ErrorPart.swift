import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// Tests with an error from each call of a save, and with writes that write only half of their bytes.
enum ErrorPart: Part {
    static let name = "errors"

    private static let errors: [(name: String, number: Int32)] = [
        ("EIO", EIO), ("ENOSPC", ENOSPC), ("EDQUOT", EDQUOT), ("EACCES", EACCES), ("EROFS", EROFS), ("EMFILE", EMFILE),
        ("EINTR", EINTR),
    ]
    /// The calls that a signal can interrupt.
    private static let interruptible: Set<String> = [
        "openat", "read", "write", "pread64", "pwrite64", "fsync", "flock", "ftruncate", "close", "linkat", "renameat",
        "unlinkat", "mkdirat",
    ]

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        for scenario in [Scenario.first, .eighth, .recovery] {
            try await bench.withCase { files in try await attack(scenario, files, bench, &findings) }
        }
    }

    private static func attack(
        _ scenario: Scenario, _ files: Case, _ bench: Bench, _ findings: inout Findings
    ) async throws {
        let stage = try await Stage(scenario, in: files)
        var chosen = 0
        for call in stage.calls where call.subject != "/output" {
            var faults = errors.map { (name: $0.name, action: "error=\($0.number)") }
            if !interruptible.contains(call.name) { faults.removeAll { $0.name == "EINTR" } }
            if ["write", "pwrite64"].contains(call.name) { faults.append(("half", "short")) }
            for fault in faults {
                chosen += 1
                if bench.isShort && fault.name != "half" && chosen % 9 != 0 { continue }
                let place = "\(scenario.name), \(fault.name) from \(call.number) \(call.name) \(call.subject)"
                do {
                    let (end, output) = try await stage.play(fault.action, at: call.number)
                    try await judge(
                        end, output, of: call, isHarmless: ["EINTR", "half"].contains(fault.name), stage, files, place,
                        &findings)
                } catch {
                    findings.violation("\(place): \(error)")
                }
            }
        }
    }

    private static func judge(
        _ end: ChildProcess.End, _ output: String, of call: Call, isHarmless: Bool, _ stage: Stage, _ files: Case,
        _ place: String, _ findings: inout Findings
    ) async throws {
        let code = String(output.prefix { $0 != ":" })
        let acknowledged = files.acknowledged(in: output).last
        let after = try await files.repository.load(files.name)?.serial ?? 0
        switch end {
        case .exited(0):
            findings.count(isHarmless ? "without effect" : "saved all the same")
            if !isHarmless && mustSucceed(call) { findings.violation("\(place): was not noticed") }
            if after != stage.serial + 1 || acknowledged != after {
                findings.violation("\(place): acknowledged \(acknowledged ?? 0), stored \(after)")
            }
        case .exited(3) where code == "durability_unknown" && !isHarmless:
            findings.count("durability unknown, new state")
            if after != stage.serial + 1 { findings.violation("\(place): stored \(after), before \(stage.serial)") }
            if acknowledged != nil { findings.violation("\(place): acknowledged") }
        case .exited(3) where codes.contains(code) && !isHarmless:
            findings.count("refused, old state")
            if after != stage.serial { findings.violation("\(place): stored \(after), before \(stage.serial)") }
            if acknowledged != nil { findings.violation("\(place): acknowledged") }
            // The lease does not remove files that existed before it.
            let names = (try? FileManager.default.contentsOfDirectory(atPath: files.root)) ?? []
            for name in names where name.hasSuffix(".tmp") && name != Scenario.leftOver {
                findings.violation("\(place): left over: \(name)")
            }
        default:
            findings.violation("\(place): \(end) \(output)")
        }
        let next = try await files.save()
        if next != after + 1 { findings.violation("\(place): the next save got serial \(next)") }
        findings.violations(await files.faults(), in: place)
    }

    /// Returns whether a save must not be acknowledged when a call fails.
    private static func mustSucceed(_ call: Call) -> Bool {
        // The checkpoint and the list of record folders are not the stored state.
        call.name == "fdatasync" || (call.name == "fsync" && call.subject.contains("/.history.jsonl."))
    }

    private static let codes: Set<String> = [
        "write_failed", "read_failed", "directory_creation_failed", "lock_unusable", "lock_lost", "insufficient_space",
        "not_writable",
    ]
}
