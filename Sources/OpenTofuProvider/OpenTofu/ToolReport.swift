import Commands
import OperatingSystem
import Synchronization

/// A report of the events of OpenTofu or Terraform: it shows them as progress, and collects what is needed after the
/// run.
final class ToolReport: Sendable {
    /// The information from the events so far.
    struct State: Sendable {
        /// The number of resources to make, change or remove; 0 until it is known.
        var total = 0
        var done = 0
        /// The actions in progress by the resources' addresses, for example `create`.
        var running: [String: String] = [:]
        var failed: [String] = []
        /// The addresses of resources whose creation or change is complete, including provisioners.
        var completed: Set<String> = []
        /// The addresses of resources that are being created and whose provisioners have started.
        var provisioning: Set<String> = []
        /// The addresses of resources whose provisioners failed.
        var failedInProvisioner: Set<String> = []
        var planned: [Preview.Change] = []
        var summary: ToolEvent.Summary?
        /// The names of the outputs after the run, and whether each is sensitive.
        var outputs: [String: Bool] = [:]
        var diagnostics: [Diagnostic] = []
        /// The addresses of resources whose provisioners handle a secret.
        var secretive: Set<String> = []
        var hasStarted: Bool { done > 0 || !running.isEmpty || !failed.isEmpty }
        var errors: [Diagnostic] { diagnostics.filter(\.isError) }

        /// The way in which a run ended.
        enum Ending: Sendable {
            /// OpenTofu or Terraform reported the result of everything that it started.
            case orderly
            /// A provider's plugin ended in the middle of a call, so resources that failed may exist.
            case brokenOff
            /// The run was stopped or killed.
            case stopped
        }

        /// Returns the addresses of resources that may exist without being in the state.
        ///
        /// A resource is reported as made before it is stored in the state (Terraform 1.11.4).
        ///
        /// - Parameters:
        ///   - known: The addresses of the resources in the state.
        ///   - ending: The way in which the run ended.
        func unknown(to known: Set<String>, after ending: Ending = .stopped) -> [String] {
            let doubtful: Set<String> =
                switch ending {
                case .orderly: []
                case .brokenOff: Set(failed).subtracting(known)
                case .stopped: Set(failed)
                }
            return Set(running.keys).union(doubtful).union(completed.subtracting(known)).sorted()
        }

        /// Returns the addresses of the incomplete resources after this run.
        ///
        /// The failure of a provisioner is reported before the resource is marked as tainted in the state (Terraform
        /// 1.11.4). After a kill in between, the state alone does not tell such a resource from a complete one.
        ///
        /// - Parameters:
        ///   - before: The addresses of the incomplete resources before this run.
        ///   - untainted: The addresses of the resources that the state contains as complete; `nil` when the state is
        ///     not known.
        func halfMade(after before: [String], untainted: Set<String>?) -> [String] {
            let failed = untainted.map(failedInProvisioner.intersection) ?? failedInProvisioner
            return Set(before).subtracting(completed).union(provisioning).union(failed).sorted()
        }
    }

    private let state = Mutex(State())
    /// The lines that tell that a provisioner handles a secret, without their times.
    private let suppressed = Mutex<Set<[UInt8]>>([])
    private let show: @Sendable (Line) -> Void

    /// A line for people; `done` and `total` are set when it is about one of several resources.
    struct Line: Hashable, Sendable {
        let text: String
        var done: Int?
        var total: Int?
    }

    /// - Parameter show: Receives the lines to show.
    init(_ show: @escaping @Sendable (Line) -> Void = { _ in }) { self.show = show }

    var result: State { state.withLock(\.self) }

    /// Returns the report of an earlier run from the complete lines of its file of events; `nil` when there are none.
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

    /// Returns the weight of a line.
    ///
    /// The output of a provisioner is passing, except the first line that tells that the provisioner handles a secret.
    /// OpenTofu and Terraform sort the members of an object by name, so `type` comes last.
    func weigh(_ line: ArraySlice<UInt8>, leftOut: Int) -> EventWeight {
        guard leftOut == 0 else {
            // Only output, the whole state, and errors can be so long, and errors have another level.
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

    /// Records a line of the output.
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
        // Events that are not about a resource have no hook.
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
            // Replacing a resource removes it and makes it again, so it counts twice.
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
    /// Replaces the detail about a provisioner that handles a secret.
    ///
    /// The output of such a provisioner is suppressed while it runs. When it fails, however, the diagnostic quotes the
    /// output and the command line with the secret (seen with Terraform 1.11.4).
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
