import Foundation
import OperatingSystem
import Testing

/// A run of the program under test, with its output in two files.
struct Program: Sendable {
    /// The path of the program, which is beside the test bundle.
    static let path: String = {
        let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
        let tests = bundle ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("example-provision").path
    }()

    let child: ChildProcess
    let outputPath: String
    let errorsPath: String

    var identifier: Int32 { child.identifier }

    func signal(_ number: Int32) { ThisProcess.signal(number, to: identifier) }
    func kill() { signal(Signals.kill) }

    /// The text that was written to standard error so far.
    var errors: String { readText(errorsPath) ?? "" }

    /// Waits for the end; a program that hangs is killed and fails the test.
    func end(sourceLocation: SourceLocation = #_sourceLocation) async -> Outcome {
        let watchdog = Task { [child] in
            try await Task.sleep(for: hangGuard)
            ThisProcess.signal(Signals.kill, to: child.identifier)
            Issue.record("the program hangs\n\(errors)", sourceLocation: sourceLocation)
        }
        let end = await child.end()
        watchdog.cancel()
        return Outcome(end: end, output: readText(outputPath) ?? "", errors: errors)
    }
}

/// The outcome of a run of the program.
struct Outcome: Sendable, CustomTestStringConvertible {
    let end: ChildProcess.End
    let output: String
    let errors: String

    /// The exit code; `nil` when a signal ended the program.
    var code: Int32? {
        guard case .exited(let code) = end else { return nil }
        return code
    }

    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    /// The last line on standard error.
    var lastWord: String { errorLines.last ?? "" }

    /// Returns standard output, which must be exactly one JSON object on one line.
    func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSON {
        #expect(output.hasSuffix("\n"), sourceLocation: sourceLocation)
        #expect(
            output.filter { $0 == "\n" }.count == 1, "more than one line: \(output)", sourceLocation: sourceLocation)
        let json = try JSON(output)
        #expect(json.members != nil, "not an object: \(output)", sourceLocation: sourceLocation)
        return json
    }

    var testDescription: String { "\(end)\n--- output\n\(output)\n--- errors\n\(errors)" }
}

func readText(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
}

struct TimeIsUp: Error, CustomStringConvertible {
    let description: String
}

/// The time after which a program is considered to hang; it is no measure of speed.
let hangGuard = Duration.seconds(540)

/// Polls until a condition holds.
func wait(
    for what: String, every pause: Duration = .milliseconds(5), until condition: () throws -> Bool
) async throws {
    let start = ContinuousClock.now
    while try !condition() {
        guard ContinuousClock.now - start < hangGuard else {
            throw TimeIsUp(description: "waited in vain for \(what)")
        }
        try await Task.sleep(for: pause)
    }
}

func isAlive(_ process: Int32) -> Bool { ThisProcess.startTime(of: process) != nil }
