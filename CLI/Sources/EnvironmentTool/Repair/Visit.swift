import CommandLineProgram
import EnvironmentDomain

/// What was found with one environment.
struct Visit: Encodable, Sendable {
    let environment: EnvironmentName
    let findings: [Diagnosis]
    let repaired: [String]

    var problems: Int { findings.count { $0.severity == .problem } }

    /// The findings for people; every line names the environment when others are shown beside it.
    func lines(isAlone: Bool) -> [String] {
        // A note is good to know, and nothing is wrong.
        let counts = [(Finding.Severity.problem, "problem"), (.warning, "warning")]
            .compactMap { severity, word -> String? in
                let count = findings.count { $0.severity == severity }
                return count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
            }
        var lines = ["\(environment): \(counts.isEmpty ? "nothing is wrong" : counts.joined(separator: ", "))"]
        let start = isAlone ? "" : "\(environment):"
        if !repaired.isEmpty {
            lines.append("\(start)  repaired \(Array(Set(repaired)).sorted().joined(separator: ", "))")
        }
        for finding in findings {
            let word = finding.severity == .problem ? "PROBLEM" : finding.severity.rawValue
            lines += "\(start)  \(word)\(String(repeating: " ", count: 9 - word.count))\(finding.message.onOneLine)"
                .wrapped(at: StandardOutput.columns, indent: start + String(repeating: " ", count: 11))
            if let next = finding.next { lines.append("\(start)           next: \(next)") }
        }
        return lines
    }
}
