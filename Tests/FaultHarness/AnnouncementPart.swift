import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// Tests with a disk that fails at any call of a run, once or from then on: no step starts whose intent is not
/// recorded.
enum AnnouncementPart: Part {
    static let name = "errors-run"

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        try await bench.withCase { files in
            let deployment = try Deployment(files, usesWorkflow: true)
            try await files.run(files.traced(deployment.command))
            let calls = files.calls().filter {
                ["write", "pwrite64", "fsync", "fdatasync", "renameat", "linkat", "openat"].contains($0.name)
                    && $0.subject.contains("/my-env")
                    && !$0.subject.contains("/logs/")
            }
            var chosen = 0
            for call in calls {
                for action in ["error=\(EIO)", "errors-from=\(ENOSPC)"] {
                    chosen += 1
                    if bench.isShort && chosen % 16 != 0 { continue }
                    let place = "\(action) from \(call.number) \(call.name) \(call.subject)"
                    try deployment.reset()
                    let (end, output) = try await files.run(
                        files.traced(deployment.command, at: (call.number, action)))
                    findings.count(end == .exited(0) ? "reached the goal all the same" : "ended with an error")
                    guard case .exited(let code) = end, code < 100 else {
                        findings.violation("\(place): \(end) \(output)")
                        continue
                    }
                    let started = await deployment.savedSteps(.started)
                    let trail = deployment.trail
                    for step in trail where !started.contains(step) {
                        findings.violation("\(place): \(step) ran and its beginning is not saved")
                    }
                    if Set(trail).count < trail.count { findings.violation("\(place): ran twice: \(trail)") }
                    findings.violations(try await deployment.runAgain(), in: place)
                    // A run whose goal is already reached takes no lease, so that a lease is needed for the repairs.
                    try await files.repository.withLease(files.name, for: .save) { _ in }
                    findings.violations(await files.faults(), in: place)
                }
            }
        }
    }
}
