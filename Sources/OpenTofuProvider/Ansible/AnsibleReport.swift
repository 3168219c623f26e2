import Commands
import JSONText
import OperatingSystem

/// A report of a playbook's run, collected from the events of the callback plugin.
struct AnsibleReport: Sendable {
    private struct Trouble: Sendable {
        let host: String
        let task: String
        let isUnreachable: Bool
        let reason: String
    }

    private var total = 0
    private var position = 0
    private var matched = 0
    private var expected: Set<String> = []
    private var troubles: [Trouble] = []
    private var item: AnsibleEvent?
    private var stats: [String: AnsibleEvent.Counts]?
    /// The changes that were made, or would be made in check mode, for example `web: Install the page`.
    private(set) var changes: [String] = []

    /// A line or a progress report for people.
    enum Word: Hashable, Sendable {
        case line(String)
        /// A task starts; `of` is the number of tasks that are known.
        case task(String, position: Int, of: Int)
    }

    /// Returns the weight of a line.
    ///
    /// Successful items of a loop, and lines that are not from the callback plugin, are passing.
    @Sendable static func weigh(_ line: ArraySlice<UInt8>, leftOut: Int) -> EventWeight {
        guard line.first == UInt8(ascii: "{") else { return .passing }
        // The plugin writes the kind of the event at the end of the line.
        return leftOut == 0 && line.suffix(itemEnd.count).elementsEqual(itemEnd) ? .passing : .read
    }

    private static let itemEnd = Array("\"event\": \"item_ok\"}".utf8)

    /// Records a line.
    ///
    /// - Returns: The lines for people: the output of the task, and then its result.
    mutating func take(_ line: String) -> [Word] {
        guard let event = try? JSONTextDecoder().decode(AnsibleEvent.self, from: Array(line.utf8)) else {
            return [.line(line)]
        }
        if event.event == .task {
            position += 1
            // Tasks that are included at run time are not in the total.
            return position <= total
                ? [.task(event.task ?? "", position: position, of: total)]
                : [.line("task \(position): \(event.task ?? "")")]
        }
        let words = words(of: event)
        return (Self.printed(event) + (words.map { [$0] } ?? [])).map(Word.line)
    }

    /// Returns the lines that a task printed, each with the host's name.
    private static func printed(_ event: AnsibleEvent) -> [String] {
        func lines(_ text: String?, _ source: String) -> [String] {
            var lines = (text ?? "").split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            if lines.last?.isEmpty == true { lines.removeLast() }
            return lines.map { "\(event.host ?? ""): \(source)\($0)" }
        }
        let warnings = (event.warnings ?? []).flatMap { lines($0, "warning: ") }
        switch event.event {
        case .ok, .itemOK: return warnings + lines(event.message, "")
        case .failed, .itemFailed, .unreachable:
            let isLong = event.message?.contains(where: \.isNewline) == true
            return warnings + lines(event.output, "stdout: ") + lines(event.detail, "stderr: ")
                + (isLong ? lines(event.message, "message: ") : [])
        default: return warnings
        }
    }

    private mutating func words(of event: AnsibleEvent) -> String? {
        let task = event.task ?? ""
        let host = event.host ?? ""
        switch event.event {
        case .start:
            total = event.total ?? 0
            return nil
        case .play:
            matched += event.hosts ?? 0
            expected.formUnion(event.expected ?? [])
            return event.hosts == 0 ? "play \(task): there is no such host" : nil
        case .task: return nil
        case .handler: return "handler: \(task)"
        case .ok:
            guard event.changed == true else { return "\(host): ok" }
            changes.append("\(host): \(task)")
            return "\(host): changed"
        case .skipped: return "\(host): skipped"
        case .retry: return "\(host): not yet, tried again"
        case .itemFailed:
            item = event
            return nil
        case .itemOK: return nil
        case .failed:
            // The message of a loop only tells that an item failed, so the item's event has the reason.
            let source = item.flatMap { $0.task == event.task && $0.host == event.host ? $0 : nil } ?? event
            item = nil
            let reason = Self.reason(source)
            guard event.ignored != true else { return "\(host): failed, which is ignored: \(reason)" }
            troubles.append(Trouble(host: host, task: task, isUnreachable: false, reason: reason))
            return "\(host): failed: \(reason)"
        case .unreachable:
            let reason = Self.reason(event)
            troubles.append(Trouble(host: host, task: task, isUnreachable: true, reason: reason))
            return "\(host): unreachable: \(reason)"
        case .stats:
            stats = event.stats ?? [:]
            return nil
        }
    }

    private static func reason(_ event: AnsibleEvent) -> String {
        var words = [event.message ?? ""]
        if let status = event.status, status != 0 { words.append("(status \(status))") }
        let isVague =
            words[0].isEmpty || words[0].hasPrefix("non-zero return code") || words[0].contains("MODULE FAILURE")
        if isVague, let last = event.detail?.textLines.last(where: { !$0.allSatisfy(\.isWhitespace) }) {
            words.append("\(last)")
        }
        let text = words.filter { !$0.isEmpty }.joined(separator: " ")
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.isEmpty ? "it gave no reason" : String(line.prefix(600))
    }

    /// Returns the error of the playbook; `nil` for success.
    ///
    /// A playbook succeeded only if its statistics contain every expected host without a failure. The exit status is
    /// not enough: it is 0 when there are no hosts, and 4 both for an unreachable host and for a playbook that cannot
    /// be read.
    ///
    /// - Parameters:
    ///   - end: The end of `ansible-playbook`.
    ///   - complaint: The errors about the playbook on standard error, on one line.
    func failure(_ end: ToolRun.End, complaint: String) -> StepError? {
        if let trouble = decisiveTrouble {
            guard trouble.isUnreachable else {
                return StepError(
                    kind: "task_failed",
                    summary: "task \"\(trouble.task)\" failed on \(trouble.host): \(trouble.reason)")
            }
            let isRefused = trouble.reason.contains("Permission denied (")
            return StepError(
                kind: isRefused ? "authentication_refused" : "unreachable",
                summary: "\(trouble.host) could not be reached in task \"\(trouble.task)\": \(trouble.reason)")
        }
        if case .signalled(let number) = end {
            return StepError(kind: .signal, summary: "ansible-playbook was ended by signal \(number)")
        }
        let because = complaint.isEmpty ? "" : ": \(complaint)"
        guard let stats else {
            return StepError(
                kind: "invalid_playbook", summary: "Ansible cannot use the playbook (\(end.words))\(because)")
        }
        if matched == 0 {
            return StepError(
                kind: "no_hosts", summary: "the playbook is for none of the hosts that there are\(because)")
        }
        let missing = expected.filter { stats[$0] == nil }.sorted()
        guard missing.isEmpty else {
            return StepError(
                kind: "hosts_missing",
                summary: "the playbook ended without a word about \(missing.joined(separator: ", "))\(because)")
        }
        guard end == .exited(0) else {
            return StepError(kind: .exitStatus, summary: "ansible-playbook \(end.words)\(because)")
        }
        return nil
    }

    /// The name of the host whose key differs from the known one; `nil` when there is none.
    var hostWithOtherKey: String? {
        let words = ["REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed"]
        return decisiveTrouble.flatMap { trouble in
            trouble.isUnreachable && words.contains(where: trouble.reason.contains) ? trouble.host : nil
        }
    }

    /// The first failure that no `rescue` handled.
    private var decisiveTrouble: Trouble? {
        troubles.first { trouble in
            guard let counts = stats?[trouble.host] else { return stats == nil }
            return trouble.isUnreachable ? counts.unreachable > 0 : counts.failures > 0
        }
    }
}

extension ToolRun.End {
    /// A description of the end, for example `ended with status 4`.
    var words: String {
        switch self {
        case .exited(let status): "ended with status \(status)"
        case .signalled(let number): "was ended by signal \(number)"
        }
    }
}
