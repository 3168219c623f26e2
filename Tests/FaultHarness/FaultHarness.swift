import EnvironmentDomain
import OperatingSystem

/// The program `fault-harness --folder FOLDER [--short] [--seed N] [name …]`, which `Scripts/harness` builds and
/// starts.
@main
struct FaultHarness {
    static var parts: [any Part.Type] {
        [
            OrderPart.self, KillSavePart.self, KillRunPart.self, ErrorPart.self, AnnouncementPart.self,
            PowerPart.self, LockPart.self, ModelPart.self, ReaderPart.self, DamagePart.self,
        ]
    }

    static func main() async {
        var folder: String?
        var seed = UInt64.random(in: 1...999_999)
        var isShort = false
        var names: [String] = []
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            switch word {
            case "--folder": folder = words.popFirst()
            case "--seed": seed = words.popFirst().flatMap { UInt64($0) } ?? seed
            case "--short": isShort = true
            default: names.append(word)
            }
        }
        let known = parts.map { $0.name }
        guard let folder, names.allSatisfy(known.contains) else {
            StandardStream.error.write(
                "usage: fault-harness --folder FOLDER [--short] [--seed N] [\(known.joined(separator: "|"))] …\n")
            ThisProcess.exit(64)
        }
        let isWhole = await EnvironmentLog.withHandler({ _ in }) {
            await run(
                parts.filter { names.isEmpty || names.contains($0.name) },
                on: Bench(folder: folder, isShort: isShort, seed: seed))
        }
        ThisProcess.exit(isWhole ? 0 : 1)
    }

    private static func run(_ parts: [any Part.Type], on bench: Bench) async -> Bool {
        say("seed \(bench.seed)\(bench.isShort ? ", short" : ""), \(ThisProcess.system)")
        say("\("part".padded(14)) \("cases".padded(7, left: true)) \("seconds".padded(8, left: true))  what came of it")
        let clock = ContinuousClock()
        var violations = 0
        for part in parts {
            var findings = Findings()
            let start = clock.now
            do {
                if part.usesInjector, let reason = await bench.part(part.name).injectorFault() {
                    findings.note("skipped: \(reason)")
                } else {
                    try await part.run(bench.part(part.name), &findings)
                }
            } catch {
                findings.violation("the harness itself: \(error)")
            }
            let seconds = ((clock.now - start).seconds * 10).rounded() / 10
            say(
                "\(part.name.padded(14)) \("\(findings.cases)".padded(7, left: true)) "
                    + "\("\(seconds)".padded(8, left: true))  \(findings.summary)")
            for violation in findings.violations.prefix(20) { say("    VIOLATION \(violation)") }
            if findings.violations.count > 20 { say("    … and \(findings.violations.count - 20) more") }
            violations += findings.violations.count
        }
        say(violations == 0 ? "no violation" : "\(violations) violations")
        return violations == 0
    }
}

/// A kind of attack.
protocol Part {
    static var name: String { get }
    /// Whether the part traces and changes system calls.
    static var usesInjector: Bool { get }
    static func run(_ bench: Bench, _ findings: inout Findings) async throws
}

extension Part {
    static var usesInjector: Bool { true }
}

/// The cases and the violations of a part.
struct Findings {
    private(set) var cases = 0
    private(set) var violations: [String] = []
    private var outcomes: [String: Int] = [:]
    private var notes: [String] = []

    mutating func count(_ outcome: String, _ number: Int = 1) {
        cases += number
        outcomes[outcome, default: 0] += number
    }

    mutating func note(_ text: String) { notes.append(text) }
    mutating func violation(_ text: String) { violations.append(text) }
    mutating func violations(_ texts: [String], in place: String) {
        for text in texts { violation("\(place): \(text)") }
    }

    var summary: String {
        (outcomes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" } + notes).joined(separator: ", ")
    }
}

func say(_ text: String) { StandardStream.output.write(text + "\n") }

extension String {
    fileprivate func padded(_ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - count))
        return left ? space + self : self + space
    }
}
