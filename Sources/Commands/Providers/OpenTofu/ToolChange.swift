import EnvironmentDomain
import OperatingSystem

/// A call of the tool that changes something: watched, and with the tool's state protected before, meanwhile and after.
struct ToolChange: Sendable {
    let tool: Tool
    /// The tool's command, `apply` or `destroy`.
    let command: String

    private var context: StepContext { tool.context }

    /// Bytes of disk that are kept for what the tool says in its last moments, its whole state included.
    private static let reserve = 8 << 20

    /// Runs the command.
    ///
    /// - Throws: ``StepError`` with the kind `apply_failed` or `destroy_failed` and the resource, `stopped` or
    ///   `tool_state_damaged`.
    func run(_ options: [String]) async throws {
        let state = tool.state
        try state.begin(command)
        let copying = Task { await keepCopies(of: state) }
        defer { copying.cancel() }
        let outcome: Tool.Outcome
        do {
            outcome = try await tool.run(
                [command, "-json", "-input=false", "-lock-timeout=10s"] + options, name: command, reserve: Self.reserve)
        } catch {
            // The tool was not even started.
            try state.abandon()
            throw error
        }
        copying.cancel()
        await copying.value
        if outcome.report.hasStarted { try forgetHosts() }
        let isStopped = Task.isCancelled
        if isStopped || outcome.end.isSignal { try reportLeftOver(outcome) }
        var isWrittenBack = false
        do {
            let dump = StateDump.find(in: tool.build.eventsPath(command))
            try giveRoomBack()
            isWrittenBack = try state.end(context, outcome.report, dump: dump)
        } catch let error as StepError where isStopped {
            // The stop is what is reported of the step; the next run refuses to go on with this.
            EnvironmentLog.log(
                .error, "the tool's state is damaged",
                ["environment_name": context.environment.name.text, "reason": error.summary])
        }
        guard outcome.isSuccess else {
            try Task.checkCancellation()
            throw failure(outcome, isWrittenBack ? "; the tool could not write its state, and it was written back" : "")
        }
    }

    /// Copies the state again and again, since a kill leaves whatever the tool is writing in that moment empty.
    private func keepCopies(of state: StateProtection) async {
        var hasComplained = false
        while (try? await Task.sleep(for: .milliseconds(200))) != nil {
            do {
                try state.keepInterim()
            } catch {
                if !hasComplained {
                    EnvironmentLog.log(.warning, "the tool's state could not be copied", ["reason": "\(error)"])
                }
                hasComplained = true
            }
        }
    }

    /// Gives back what was kept of the disk and not used; on a full one it is what the state is written back with.
    private func giveRoomBack() throws {
        let file = try OpenFile(tool.build.eventsPath(command), .readWriteCreating)
        try file.truncate(to: file.status().size)
    }

    private func failure(_ outcome: Tool.Outcome, _ remark: String) -> StepError {
        let failed = outcome.report.failed
        let at = failed.isEmpty ? "" : " at \(failed.joined(separator: ", "))"
        let done = outcome.report.total > 0 ? "; \(outcome.report.done) of \(outcome.report.total) were done" : ""
        return tool.failure(outcome, kind: "\(command)_failed", "\(command)\(at)", note: done + remark)
    }

    /// Forgets the keys of hosts that may be no more, since others may have come in their places.
    private func forgetHosts() throws { try SSHConfiguration(context.workspace).forgetHostKeys() }

    /// Says what may exist without the tool's knowing it, after a stop or a kill.
    private func reportLeftOver(_ outcome: Tool.Outcome) throws {
        let resources = try tool.state.unknown(after: outcome.report)
        guard !resources.isEmpty else { return }
        Self.warn(context, "\(command) was stopped and may have left something that the tool does not know", resources)
    }

    /// Says what an earlier run, which was not seen to end, may have left.
    func reportUnfinished() throws {
        guard let (change, report) = try tool.state.lookAtUnfinished() else { return }
        try forgetHosts()
        let resources = try tool.state.unknown(after: report)
        guard !resources.isEmpty else { return }
        Self.warn(
            context,
            "the \(change.command) that began at \(change.startedAt) was not seen to end and may have left something that "
                + "the tool does not know", resources)
    }

    private static func warn(_ context: StepContext, _ message: String, _ resources: [String]) {
        context.log("\(message): \(resources.joined(separator: ", "))")
        EnvironmentLog.log(
            .warning, message,
            [
                "environment_name": context.environment.name.text, "resources": resources.joined(separator: ","),
                "lineage": context.lineage?.text ?? "unknown",
            ])
    }
}

extension ChildProcess.End {
    var isSignal: Bool {
        if case .signalled = self { true } else { false }
    }
}
