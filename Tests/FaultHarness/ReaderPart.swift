import Foundation
import OperatingSystem

/// Tests with readers without a lock during a thousand saves.
enum ReaderPart: Part {
    static let name = "readers"
    static let usesInjector = false

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        try await bench.withCase { files in
            _ = try await files.save()
            let stop = files.folder + "/stop"
            let readers = try files.start(files.probe("read", 1, stop), times: 3)
            let saves = bench.isShort ? 200 : 1000
            let (end, output) = try await files.run(files.probe("acknowledge", saves), seconds: 120)
            if end != .exited(0) || files.acknowledged(in: output).count != saves {
                findings.violation("the writer: \(end) \(output.suffix(200))")
            }
            findings.count("saves", saves)
            try Data().write(to: URL(fileURLWithPath: stop))
            var reads = 0
            for (index, reader) in readers.enumerated() {
                let end = await reader.child.end()
                let output = reader.output
                if end != .exited(0) { findings.violation("reader \(index): \(end) \(output)") }
                reads += output.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? 0
            }
            findings.note("\(reads) reads meanwhile")
            if reads < saves / 10 { findings.violation("only \(reads) reads") }
        }
    }
}
