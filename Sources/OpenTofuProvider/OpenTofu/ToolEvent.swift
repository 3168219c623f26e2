import Commands
import JSONText
import OperatingSystem

/// One line of what the tool says with `-json`, with the members that are used here.
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
        /// What a plan does with it; `nil` behind an apply.
        let action: String?
        let sensitive: Bool?
    }

    struct Summary: Decodable, Hashable {
        let add: Int
        let change: Int
        let remove: Int
        let operation: String
    }

    /// Reads a line; nil for what is not an event.
    init?(line: String) {
        guard line.hasPrefix("{"), let event = try? JSONTextDecoder().decode(ToolEvent.self, from: Array(line.utf8))
        else {
            return nil
        }
        self = event
    }

    /// The message of the event that holds the whole state when it could not be written anywhere: never to be shown.
    static let stateDump = "Emergency state dump"
}

/// What the tool says is wrong.
struct Diagnostic: Decodable, Hashable, Sendable {
    let severity: String
    var summary: String
    var detail: String?
    /// The resource that it is about.
    let address: String?
    let range: Range?

    struct Range: Decodable, Hashable {
        let filename: String
        let start: Position
    }

    struct Position: Decodable, Hashable {
        let line: Int
    }

    /// The place as `main.tf:12`; nil when it is about none.
    var place: String? { range.map { "\($0.filename):\($0.start.line)" } }
    var isError: Bool { severity == "error" }

    /// The diagnostic on one line, without the detail.
    var line: String {
        let about = [address, place].compactMap(\.self).joined(separator: ", ")
        return about.isEmpty ? summary : "\(summary) (\(about))"
    }

    /// The diagnostic on one line, with the first sentence of the detail where it is about no resource: there it may quote
    /// a command line with what was filled into it.
    var sentence: String {
        guard address == nil, let detail,
            let end = detail.firstRange(of: /[.?](\s|$)/)?.lowerBound ?? (detail.isEmpty ? nil : detail.endIndex)
        else { return line }
        let start = detail[..<end].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "\(line): \(start.prefix(300))"
    }

    /// The whole diagnostic for a log.
    var text: [String] {
        let detail = (detail ?? "").textLines.filter { !$0.isEmpty }.map { "  \($0)" }
        return ["\(severity): \(line)"] + detail
    }

    /// Whether it complains of nothing but a variable of ours that the user's files do not ask for.
    var isAboutOurVariables: Bool {
        severity == "warning" && summary.hasPrefix("Value") && summary.contains("undeclared variable")
            && (summary.hasPrefix("Values") || detail?.contains(VariablesFile.name) == true)
    }

    /// Whether a provider's plugin broke off in the middle of a call, so that nobody knows what it had made by then.
    ///
    /// The tool has no other mark for it than these summaries (`internal/plugin` of Terraform 1.11.4 and OpenTofu 1.9).
    var isAboutBrokenOffCall: Bool {
        isError && ["Plugin did not respond", "Plugin error", "Request cancelled"].contains(summary)
    }
}
