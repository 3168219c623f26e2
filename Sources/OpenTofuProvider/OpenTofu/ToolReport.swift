import Commands
import OperatingSystem
import Synchronization

/// Follows what the tool says while it runs: shows it as progress, and keeps what must be known when it has ended.
final class ToolReport: Sendable {
    /// What is known so far.
    struct State: Sendable {
        /// How many resources there are to be made, changed or removed; 0 until that is known.
        var total = 0
        var done = 0
        /// What is being done, by address: `creating` and so on.
        var running: [String: String] = [:]
        var failed: [String] = []
        /// What was made or changed to its end, provisioners included.
        var completed: Set<String> = []
        /// What is being made and has come to its provisioners.
        var provisioning: Set<String> = []
        /// What failed in its provisioners.
        var failedInProvisioner: Set<String> = []
        var planned: [Preview.Change] = []
        var summary: ToolEvent.Summary?
        /// The outputs that there are after the run, by name, and whether each is sensitive.
        var outputs: [String: Bool] = [:]
        var diagnostics: [Diagnostic] = []
        /// The resources whose provisioners handle a secret.
        var secretive: Set<String> = []
        var hasStarted: Bool { done > 0 || !running.isEmpty || !failed.isEmpty }
        var errors: [Diagnostic] { diagnostics.filter(\.isError) }

        /// How a run came to its end.
        enum Ending: Sendable {
            /// OpenTofu or Terraform said of everything that it began what became of it.
            case orderly
            /// A provider's plugin broke off in the middle of a call: what failed may be there.
            case brokenOff
            /// The run was stopped or killed.
            case stopped
        }

        /// The resources that may exist without a trace in the state that holds the known ones.
        ///
        /// The tool says that a resource is made before it writes that down (Terraform 1.11.4).
        func unknown(to known: Set<String>, after ending: Ending = .stopped) -> [String] {
            let doubtful: Set<String> =
                switch ending {
                case .orderly: []
                case .brokenOff: Set(failed).subtracting(known)
                case .stopped: Set(failed)
                }
            return Set(running.keys).union(doubtful).union(completed.subtracting(known)).sorted()
        }

        /// What is half made after this run, given what was before it.
        ///
        /// The tool says that a provisioner failed before it writes into its state that the resource has to be made again
        /// (Terraform 1.11.4): when it is killed in between, nothing in the state tells such a resource from a whole one.
        ///
        /// - Parameter untainted: the resources that the state holds as whole; `nil` when the state is not known.
        func halfMade(after before: [String], untainted: Set<String>?) -> [String] {
            let failed = untainted.map(failedInProvisioner.intersection) ?? failedInProvisioner
            return Set(before).subtracting(completed).union(provisioning).union(failed).sorted()
        }
    }

    private let state = Mutex(State())
    /// The lines that say of a provisioner that it handles a secret, without their times.
    private let suppressed = Mutex<Set<[UInt8]>>([])
    private let show: @Sendable (Line) -> Void

    /// A line for people; `done` and `total` where it is about one resource of many.
    struct Line: Hashable, Sendable {
        let text: String
        var done: Int?
        var total: Int?
    }

    /// - Parameter show: gets what is to be shown.
    init(_ show: @escaping @Sendable (Line) -> Void = { _ in }) { self.show = show }

    var result: State { state.withLock(\.self) }

    /// What the tool said in an earlier run, as far as its lines are whole; nil when nothing is there.
    static func of(_ path: String) -> State? {
        let report = ToolReport()
        var reader = LineReader(path: path)
        do {
            while try reader.read({ line, leftOut in
                if leftOut == 0 { report.take(String(decoding: line, as: UTF8.self)) }
            }) {}
        } catch {
            return nil
        }
        return reader.offset == 0 ? nil : report.result
    }

    /// What depends on a line: nothing on what a provisioner prints, unless it says for the first time that the
    /// provisioner handles a secret.
    ///
    /// The tool writes the members of an object in the order of their names, `type` last.
    func weigh(_ line: ArraySlice<UInt8>, leftOut: Int) -> EventWeight {
        guard leftOut == 0 else {
            // Only output and the whole state are that long, and errors, which have another level.
            let beginning = line.prefix(200)
            let isOutput = beginning.starts(with: Self.information) && !StateDump.isDump(beginning)
            return isOutput ? .passing : .kept
        }
        guard line.suffix(Self.outputEnd.count).elementsEqual(Self.outputEnd) else { return .kept }
        guard line.suffix(Self.suppressedEnd.count).elementsEqual(Self.suppressedEnd) else { return .passing }
        guard let hook = Array(line).firstRange(of: Self.hook) else { return .kept }
        return suppressed.withLock { $0.insert(Array(line[(line.startIndex + hook.lowerBound)...])).inserted }
            ? .kept : .passing
    }

    private static let information = Array("{\"@level\":\"info\"".utf8)
    private static let hook = Array("\"hook\":".utf8)
    private static let outputEnd = Array("\"type\":\"provision_progress\"}".utf8)
    private static let suppressedEnd = Array("\"output\":\"\(State.suppressed)\"},".utf8) + outputEnd

    /// Takes a line of the tool's output.
    func take(_ line: String) {
        guard let event = ToolEvent(line: line), event.message != ToolEvent.stateDump else { return }
        for line in state.withLock({ $0.take(event) }) { show(line) }
    }
}

extension ToolReport.State {
    private static let doings = [
        "create": "creating", "update": "changing", "delete": "removing", "replace": "replacing", "read": "reading",
    ]
    private static let done = [
        "create": "created", "update": "changed", "delete": "removed", "replace": "replaced", "read": "read",
    ]
    fileprivate static let suppressed = "(output suppressed due to sensitive value in config)"

    fileprivate mutating func take(_ event: ToolEvent) -> [ToolReport.Line] {
        // What is about no resource has no hook.
        if event.type?.hasPrefix("apply_") == true || event.type?.hasPrefix("provision_") == true {
            guard event.hook != nil else { return [] }
        }
        let address = event.hook?.resource.address ?? ""
        let action = event.hook?.action ?? ""
        let seconds = event.hook?.seconds.map { " (\($0) s)" } ?? ""
        switch event.type {
        case "planned_change":
            guard let change = event.change, change.action != "noop" else { return [] }
            planned.append(Preview.Change(address: change.resource.address, action: change.action))
            // What is replaced is removed and made.
            if change.action != "read" { total += change.action == "replace" ? 2 : 1 }
            return []
        case "outputs":
            outputs = (event.outputs ?? [:]).filter { $1.action != "delete" }.mapValues { $0.sensitive == true }
            return []
        case "change_summary":
            summary = event.changes
            return []
        case "apply_start":
            running[address] = action
            return [line("\(address): \(Self.doings[action] ?? action)")]
        case "apply_progress":
            return [line("\(address): still \(Self.doings[action] ?? action)\(seconds)")]
        case "apply_complete":
            running[address] = nil
            provisioning.remove(address)
            if action != "read" { done += 1 }
            if action != "read" && action != "delete" { completed.insert(address) }
            return [line("\(address): \(Self.done[action] ?? action)\(seconds)")]
        case "apply_errored":
            running[address] = nil
            if provisioning.remove(address) != nil { failedInProvisioner.insert(address) }
            failed.append(address)
            return [line("\(address): \(Self.doings[action] ?? action) failed\(seconds)")]
        case "provision_start":
            if running[address] == "create" { provisioning.insert(address) }
            return [.init(text: "\(address): provisioning with \(event.hook?.provisioner ?? "a program")")]
        case "provision_progress":
            guard let output = event.hook?.output else { return [] }
            if output == Self.suppressed {
                return secretive.insert(address).inserted ? [.init(text: "\(address): \(output)")] : []
            }
            return [.init(text: "\(address): \(output)")]
        case "diagnostic":
            guard var diagnostic = event.diagnostic, !diagnostic.isAboutOurVariables else { return [] }
            if let about = diagnostic.address, secretive.contains(about) { diagnostic.keepDetailBack() }
            diagnostics.append(diagnostic)
            return diagnostic.text.map { ToolReport.Line(text: $0) }
        default: return []
        }
    }

    private func line(_ text: String) -> ToolReport.Line {
        total > 0 ? .init(text: text, done: done, total: total) : .init(text: text)
    }
}

extension Diagnostic {
    /// Takes out the detail of a provisioner that handles a secret.
    ///
    /// The tool suppresses what such a program prints while it runs, and then quotes it, and the command line with the
    /// secret filled in, when it fails (seen with Terraform 1.11.4).
    fileprivate mutating func keepDetailBack() {
        let text = detail ?? ""
        let status = text.firstRange(of: "exit status ").map { range in
            " It ended with exit status \(text[range.upperBound...].prefix { $0.isNumber })."
        }
        detail =
            "What OpenTofu or Terraform said is not shown, since this provisioner handles a sensitive value."
            + (status ?? "")
    }
}
