import Commands
import JSONText
import OperatingSystem

/// An event: one line of the output of OpenTofu or Terraform with `-json`, with the members that are used here.
struct ToolEvent: Decodable, Hashable {
    let type: String?
    let message: String?
    let change: Change?
    let hook: Hook?
    let changes: Summary?
    let diagnostic: Diagnostic?
    /// The outputs by name.
    let outputs: [String: Output]?

    enum CodingKeys: String, CodingKey {
        case type, change, hook, changes, diagnostic, outputs
        case message = "@message"
    }

    struct Resource: Decodable, Hashable {
        let address: String
        enum CodingKeys: String, CodingKey { case address = "addr" }
    }

    struct Change: Decodable, Hashable {
        let resource: Resource
        let action: String
    }

    struct Hook: Decodable, Hashable {
        let resource: Resource
        let action: String?
        let provisioner: String?
        /// A line that a provisioner printed.
        let output: String?
        let seconds: Int?

        enum CodingKeys: String, CodingKey {
            case resource, action, provisioner, output
            case seconds = "elapsed_seconds"
        }
    }

    struct Output: Decodable, Hashable {
        /// The action that a plan takes on the output; `nil` after an apply.
        let action: String?
        let sensitive: Bool?
    }

    struct Summary: Decodable, Hashable {
        let add: Int
        let change: Int
        let remove: Int
        let operation: String
    }

    /// Parses a line; `nil` when it is not an event.
    init?(line: String) {
        guard line.hasPrefix("{"), let event = try? JSONTextDecoder().decode(ToolEvent.self, from: Array(line.utf8))
        else {
            return nil
        }
        self = event
    }

    /// The message of the event that contains the whole state when the state could not be written; it must never be
    /// shown.
    static let stateDump = "Emergency state dump"
}

/// An error or warning of OpenTofu or Terraform.
struct Diagnostic: Decodable, Hashable, Sendable {
    let severity: String
    var summary: String
    var detail: String?
    /// The address of the resource that the diagnostic is about; `nil` for none.
    let address: String?
    let range: Range?

    struct Range: Decodable, Hashable {
        let filename: String
        let start: Position
    }

    struct Position: Decodable, Hashable {
        let line: Int
    }

    /// The place, for example `main.tf:12`; `nil` for none.
    var place: String? { range.map { "\($0.filename):\($0.start.line)" } }
    var isError: Bool { severity == "error" }

    /// The diagnostic on one line, without the detail.
    var line: String {
        let about = [address, place].compactMap(\.self).joined(separator: ", ")
        return about.isEmpty ? summary : "\(summary) (\(about))"
    }

    /// The diagnostic on one line, with the first sentence of the detail when it is not about a resource.
    ///
    /// The detail of a diagnostic about a resource may quote a command line that contains a secret.
    var sentence: String {
        guard address == nil, let detail,
            let end = detail.firstRange(of: /[.?](\s|$)/)?.lowerBound ?? (detail.isEmpty ? nil : detail.endIndex)
        else { return line }
        let start = detail[..<end].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "\(line): \(start.prefix(300))"
    }

    /// The lines of the whole diagnostic, for a log.
    var text: [String] {
        let detail = (detail ?? "").textLines.filter { !$0.isEmpty }.map { "  \($0)" }
        return ["\(severity): \(line)"] + detail
    }

    /// Whether the diagnostic is only about a generated variable that the user's files do not declare.
    var isAboutOurVariables: Bool {
        severity == "warning" && summary.hasPrefix("Value") && summary.contains("undeclared variable")
            && (summary.hasPrefix("Values") || detail?.contains(VariablesFile.name) == true)
    }

    /// Whether a provider's plugin ended in the middle of a call, so that its result is unknown.
    ///
    /// Only these summaries tell that (`internal/plugin` of Terraform 1.11.4 and OpenTofu 1.9).
    var isAboutBrokenOffCall: Bool {
        isError && ["Plugin did not respond", "Plugin error", "Request cancelled"].contains(summary)
    }
}
