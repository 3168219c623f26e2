import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// `kill -9` before every call of a whole `example-provision --until running`, then the same command again.
enum KillRunPart: Part {
    static let name = "kill-run"

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        for usesWorkflow in [false, true] {
            try await bench.withCase { files in try await attack(usesWorkflow, files, bench, &findings) }
        }
    }

    private static func attack(
        _ usesWorkflow: Bool, _ files: Case, _ bench: Bench, _ findings: inout Findings
    ) async throws {
        let deployment = try Deployment(files, usesWorkflow: usesWorkflow)
        let (end, output) = try await files.run(files.traced(deployment.command))
        guard end == .exited(0) else {
            findings.violation("\(deployment.name): fails undisturbed: \(output)")
            return
        }
        try await deployment.end()
        let total = files.calls().count
        for number in stride(from: 1, through: total, by: bench.isShort ? max(1, total / 20) : 1) {
            let place = "\(deployment.name), kill \(number) of \(total)"
            try deployment.reset()
            let (end, output) = try await files.run(files.traced(deployment.command, at: (number, "kill-before")))
            guard end == .killed else {
                if end == .exited(0) { findings.count("not reached") }
                if end != .exited(0) { findings.violation("\(place): \(end) \(output)") }
                try await deployment.end()
                continue
            }
            findings.count(usesWorkflow ? "kills with a workflow" : "kills with the local provider")
            let completed = deployment.savedSteps(.completed)
            let before = deployment.trail.filter { completed.contains($0) }
            let (second, words) = try await files.run(deployment.command)
            if second != .exited(0) { findings.violation("\(place): the next run: \(second) \(words)") }
            let after = deployment.trail.filter { completed.contains($0) }
            if before != after { findings.violation("\(place): ran again: \(after), had run: \(before)") }
            let twice = deployment.completedTwice()
            if !twice.isEmpty { findings.violation("\(place): completed twice: \(twice)") }
            if try files.repository.load(files.name)?.document.state != .running {
                findings.violation("\(place): the goal was not reached")
            }
            findings.violations(files.faults(), in: place)
            try await deployment.end()
        }
    }
}

/// A run of `example-provision` in a case's folder.
struct Deployment {
    let files: Case
    let name: String
    let command: [String]
    private let trailPath: String

    init(_ files: Case, usesWorkflow: Bool) throws {
        self.files = files
        name = usesWorkflow ? "workflow" : "local provider"
        let trailPath = files.folder + "/trail"
        self.trailPath = trailPath
        var command = [
            Bench.provision, files.name.text, "--data-dir", files.data, "--until", "running", "--quiet",
        ]
        if usesWorkflow {
            let phases = [
                ("provision", ["one", "two"]), ("configure", ["three"]), ("release", ["four"]), ("run", ["five"]),
            ].map { phase, steps in
                let entries = steps.map { step in
                    let address = step == "two" ? "; echo instance_address=10.0.0.7 >> $OUTPUTS" : ""
                    return "{\"name\": \"\(step)\", \"run\": \"echo \(step) >> '\(trailPath)'\(address)\"}"
                }
                return "\"\(phase)\": [\(entries.joined(separator: ", "))]"
            }
            let path = files.folder + "/workflow.json"
            try Data("{\(phases.joined(separator: ", "))}".utf8).write(to: URL(fileURLWithPath: path))
            command += ["--workflow", path]
        }
        self.command = command
    }

    /// The steps that did something, in their order.
    var trail: [String] { text(trailPath).split(separator: "\n").map(String.init) }

    /// The steps of which that event is saved: in the history, or in the state when the history lacks its last line.
    func savedSteps(_ event: StepEvent) -> Set<String> {
        let lines = text(files.history).split(separator: "\n").compactMap {
            try? JSONDecoder().decode(HistoryLine.self, from: Data($0.utf8)).event
        }
        let newest = (try? files.repository.load(files.name)).flatMap { $0?.line?.event }
        return Set(
            (lines + [newest].compactMap { $0 }).compactMap { line in
                if case .step(let name, event) = line.change { name.text } else { nil }
            })
    }

    /// The steps that the history says were completed more than once.
    func completedTwice() -> [String] {
        var seen: Set<String> = []
        return text(files.history).split(separator: "\n").compactMap { line in
            guard let event = try? JSONDecoder().decode(HistoryLine.self, from: Data(line.utf8)).event,
                case .step(let name, .completed) = event.change
            else { return nil }
            return seen.insert("\(event.command) \(name)").inserted ? nil : name.text
        }
    }

    func reset() throws {
        for path in [files.data, trailPath, files.folder + "/emergency"] {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// Stops the service that the run may have started.
    func end() async throws {
        guard
            let pid = try files.repository.load(files.name)?.document.context.outputs["service_pid"].flatMap({
                Int32($0)
            }),
            ThisProcess.commandLine(of: pid)?.contains(files.folder) == true
        else { return }
        ThisProcess.signal(Signals.kill, to: pid)
    }
}

/// A disk that fails at any call of a run, once or from then on: no step starts whose beginning is not saved.
enum AnnouncementPart: Part {
    static let name = "errors-run"

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        try await bench.withCase { files in
            let deployment = try Deployment(files, usesWorkflow: true)
            try await files.run(files.traced(deployment.command))
            let calls = files.calls().filter {
                ["write", "fsync", "renameat", "linkat", "openat"].contains($0.name) && $0.subject.contains("/my-env")
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
                    let started = deployment.savedSteps(.started)
                    let trail = deployment.trail
                    for step in trail where !started.contains(step) {
                        findings.violation("\(place): \(step) ran and its beginning is not saved")
                    }
                    if Set(trail).count < trail.count { findings.violation("\(place): ran twice: \(trail)") }
                    let completed = deployment.savedSteps(.completed)
                    let before = trail.filter { completed.contains($0) }
                    let (second, words) = try await files.run(deployment.command)
                    if second != .exited(0) { findings.violation("\(place): the next run: \(second) \(words)") }
                    let after = deployment.trail.filter { completed.contains($0) }
                    if before != after { findings.violation("\(place): ran again: \(after), had run: \(before)") }
                    // A goal that was reached needs no lease, and what a lease mends waits for the next one.
                    try await files.repository.withLease(files.name, for: .save) { _ in }
                    findings.violations(files.faults(), in: place)
                }
            }
        }
    }
}
