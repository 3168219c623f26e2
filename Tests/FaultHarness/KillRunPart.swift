import EnvironmentDomain
import OperatingSystem
import Persistence

/// Tests with `kill -9` before each call of a complete `example-provision --until running`, followed by the same
/// command.
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
            findings.violations(try await deployment.runAgain(), in: place)
            let twice = await deployment.completedTwice()
            if !twice.isEmpty { findings.violation("\(place): completed twice: \(twice)") }
            if try await files.repository.load(files.name)?.document.state != .running {
                findings.violation("\(place): the goal was not reached")
            }
            findings.violations(await files.faults(), in: place)
            try await deployment.end()
        }
    }
}
