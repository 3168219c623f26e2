import Foundation
import OperatingSystem

/// Tests with random operations of several processes, some of which die, each compared with a model.
enum ModelPart: Part {
    static let name = "model"
    static let usesInjector = false

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        let goal = bench.isShort ? 400 : 10_000
        try await bench.withCase { files in
            let model = files.folder + "/model"
            try FileManager.default.createDirectory(atPath: model, withIntermediateDirectories: true)
            var operations = 0
            var deaths = 0
            let clock = ContinuousClock()
            let deadline = clock.now + .seconds(180)
            while operations < goal && findings.violations.isEmpty && clock.now < deadline {
                for process in try files.start(files.probe("model", 60, model), times: 4) {
                    let end = await process.child.end()
                    let lines = process.output.split(separator: "\n")
                    operations += lines.filter { ["save", "load", "lease", "delete"].contains($0) }.count
                    switch end {
                    case .exited(0): break
                    case .signalled(Signals.kill): deaths += 1
                    default: findings.violation("\(end) \(lines.last ?? "")")
                    }
                }
            }
            findings.count("operations", operations)
            findings.note("\(deaths) processes died in the middle")
            if operations < goal { findings.violation("only \(operations) operations of \(goal) in the time") }
            _ = try await files.save()
            findings.violations(await files.faults(), in: "at the end")
        }
    }
}
