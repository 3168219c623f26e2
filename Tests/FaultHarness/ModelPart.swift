import Foundation
import OperatingSystem

/// Random operations of several processes, some of which die in the middle, each compared with a model.
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
                let children = try (0..<4).map { index in
                    let output = files.output + "-\(index)"
                    try? FileManager.default.removeItem(atPath: output)
                    return (try files.start(files.probe("model", 60, model), output: output), output)
                }
                for (child, output) in children {
                    let end = await child.end()
                    let lines = text(output).split(separator: "\n")
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
            findings.violations(files.faults(), in: "at the end")
        }
    }
}

/// Readers without a lock during a thousand saves.
enum ReaderPart: Part {
    static let name = "readers"
    static let usesInjector = false

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        try await bench.withCase { files in
            _ = try await files.save()
            let stop = files.folder + "/stop"
            let readers = try (0..<3).map { index in
                try files.start(files.probe("read", 1, stop), output: files.output + "-\(index)")
            }
            let saves = bench.isShort ? 200 : 1000
            let (end, output) = try await files.run(files.probe("acknowledge", saves), seconds: 120)
            if end != .exited(0) || files.acknowledged(in: output).count != saves {
                findings.violation("the writer: \(end) \(output.suffix(200))")
            }
            findings.count("saves", saves)
            try Data().write(to: URL(fileURLWithPath: stop))
            var reads = 0
            for (index, reader) in readers.enumerated() {
                let end = await reader.end()
                let output = text(files.output + "-\(index)")
                if end != .exited(0) { findings.violation("reader \(index): \(end) \(output)") }
                reads += output.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? 0
            }
            findings.note("\(reads) reads meanwhile")
            if reads < saves / 10 { findings.violation("only \(reads) reads") }
        }
    }
}
