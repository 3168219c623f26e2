import Foundation
import OperatingSystem
import Testing

/// The program under test, running, with its output in two files.
struct Program: Sendable {
    /// Beside the test bundle in the build folder.
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

    /// What was written to standard error until now.
    var errors: String { readText(errorsPath) ?? "" }

    /// Waits for the end; a program that hangs is killed, and the test has failed then.
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

/// How a run of the program ended.
struct Outcome: Sendable, CustomTestStringConvertible {
    let end: ChildProcess.End
    let output: String
    let errors: String

    /// The exit code; nil when a signal ended the program.
    var code: Int32? {
        guard case .exited(let code) = end else { return nil }
        return code
    }

    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
    /// The last line on standard error.
    var lastWord: String { errorLines.last ?? "" }

    /// Standard output as exactly one JSON object on one line.
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

/// The time after which a test takes something for hanging; it says nothing about how fast anything is.
let hangGuard = Duration.seconds(540)

/// Polls until the condition holds.
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
