import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// An error from every call of a save in turn, and writes that take only half of what they are given.
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
        try await scenario.prepare(files)
        let template = files.folder + "/template"
        if exists(files.data) { try copy(files.data, to: template) }
        try await files.run(files.traced(scenario.command(files)))
        let calls = files.calls().filter { $0.subject != "/output" }
        var chosen = 0
        for call in calls {
            var faults = errors.map { (name: $0.name, action: "error=\($0.number)") }
            if !interruptible.contains(call.name) { faults.removeAll { $0.name == "EINTR" } }
            if ["write", "pwrite64"].contains(call.name) { faults.append(("half", "short")) }
            for fault in faults {
                chosen += 1
                if bench.isShort && fault.name != "half" && chosen % 9 != 0 { continue }
                try? FileManager.default.removeItem(atPath: files.data)
                try? FileManager.default.removeItem(atPath: files.folder + "/emergency")
                if exists(template) { try copy(template, to: files.data) }
                await attack(scenario, files, call, fault, &findings)
            }
        }
    }

    private static func attack(
        _ scenario: Scenario, _ files: Case, _ call: Call, _ fault: (name: String, action: String),
        _ findings: inout Findings
    ) async {
        let place = "\(scenario.name), \(fault.name) from \(call.number) \(call.name) \(call.subject)"
        let before = bytes(files.state)
        do {
            let serial = try files.repository.load(files.name)?.serial ?? 0
            let (end, output) = try await files.run(
                files.traced(scenario.command(files), at: (call.number, fault.action)))
            let code = String(output.prefix { $0 != ":" })
            let acknowledged = files.acknowledged(in: output).last
            let isHarmless = fault.name == "EINTR" || fault.name == "half"
            let temporary = (try? FileManager.default.contentsOfDirectory(atPath: files.root))?.first {
                $0.hasSuffix(".tmp")
            }
            switch end {
            case .exited(0):
                findings.count(isHarmless ? "without effect" : "saved all the same")
                let after = try files.repository.load(files.name)?.serial
                if !isHarmless && mustSucceed(call) { findings.violation("\(place): was not noticed") }
                if after != serial + 1 || acknowledged != after {
                    findings.violation("\(place): acknowledged \(acknowledged ?? 0), stored \(after ?? 0)")
                }
            case .exited(3) where code == "durability_unknown" && !isHarmless:
                findings.count("durability unknown, new state")
                let after = try files.repository.load(files.name)?.serial
                if after != serial + 1 { findings.violation("\(place): stored \(after ?? 0), before \(serial)") }
                if acknowledged != nil { findings.violation("\(place): acknowledged") }
            case .exited(3) where codes.contains(code) && !isHarmless:
                findings.count("refused, old state")
                if bytes(files.state) != before { findings.violation("\(place): the old state was changed") }
                if acknowledged != nil { findings.violation("\(place): acknowledged") }
                // What was there before the lease could not look after it is somebody else's.
                let isEarlier = temporary == ".state.8.0123abcd.tmp"
                if let temporary, !isEarlier { findings.violation("\(place): left over: \(temporary)") }
            default:
                findings.violation("\(place): \(end) \(output)")
            }
            let saved = try files.repository.load(files.name)?.serial ?? 0
            let next = try await files.save()
            if next != saved + 1 { findings.violation("\(place): the next save got serial \(next)") }
            findings.violations(files.faults(), in: place)
        } catch {
            findings.violation("\(place): \(error)")
        }
    }

    /// Whether a save may not be acknowledged when this call fails.
    private static func mustSucceed(_ call: Call) -> Bool {
        if call.name == "fsync" { return !call.subject.contains("history") }
        return call.name != "newfstatat" && call.subject.contains("/.state.") && !call.subject.contains("0123abcd")
    }

    private static let codes: Set<String> = [
        "write_failed", "read_failed", "directory_creation_failed", "lock_unusable", "lock_lost", "insufficient_space",
        "not_writable",
    ]
}
