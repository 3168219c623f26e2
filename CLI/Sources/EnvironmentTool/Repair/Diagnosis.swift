import CommandLineProgram
import EnvironmentDomain

/// Something that was found, and the command line that repairs it.
struct Diagnosis: Encodable, Sendable {
    let severity: Finding.Severity
    let kind: String
    let message: String
    let isRepairedByFix: Bool
    let next: String?

    enum CodingKeys: String, CodingKey {
        case severity, kind, message, next
        case isRepairedByFix = "repaired_by_fix"
    }

    init(_ finding: Finding, isRepairedByFix: Bool? = nil, next: String?) {
        severity = finding.severity
        kind = finding.kind
        message = finding.message
        self.isRepairedByFix = isRepairedByFix ?? finding.isRepairedByLease
        self.next = next
    }
}
