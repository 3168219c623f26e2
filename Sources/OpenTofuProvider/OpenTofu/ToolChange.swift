import Commands
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
        let conclusion = conclude(outcome, isStopped: Task.isCancelled)
        // A stop is what is reported of the step; the next run refuses to work with a damaged state.
        if !outcome.isSuccess { try Task.checkCancellation() }
        let remarks =
            (conclusion.isWrittenBack
                ? ["\(tool.program.name) could not write its state, and it was written back"] : [])
            + (conclusion.leftOver.isEmpty ? [] : [remark(conclusion.leftOver)])
        let remark = remarks.map { "; \($0)" }.joined()
        switch conclusion.error {
        case let error as StepError: throw StepError(kind: error.kind, summary: error.summary + remark)
        case let error?: throw error
        case nil: if !outcome.isSuccess { throw failure(outcome, remark) }
        }
    }

    /// What is known after the command's end.
    private struct Conclusion {
        var isWrittenBack = false
        /// The resources that may exist without a trace in the state.
        var leftOver: [String] = []
        /// Why the state cannot be used.
        var error: (any Error)?
    }

    /// Notes what the state is after the command, and warns of what may exist without a trace in it.
    private func conclude(_ outcome: Tool.Outcome, isStopped: Bool) -> Conclusion {
        var conclusion = Conclusion()
        do {
            let dump = StateDump.find(in: tool.build.eventsPath(command))
            try giveRoomBack()
            conclusion.isWrittenBack = try tool.state.end(context, outcome.report, dump: dump)
        } catch {
            conclusion.error = error
            if isStopped {
                EnvironmentLog.log(
                    .error, "the state of OpenTofu or Terraform is damaged",
                    ["environment_name": context.environment.name.text, "reason": "\(error)"])
            }
        }
        conclusion.leftOver = reportLeftOver(outcome, isStopped: isStopped)
        return conclusion
    }

    /// Copies the state again and again, since a kill leaves whatever the tool is writing in that moment empty.
    private func keepCopies(of state: StateProtection) async {
        var hasComplained = false
        while (try? await Task.sleep(for: .milliseconds(200))) != nil {
            do {
                try state.keepInterim()
            } catch {
                if !hasComplained {
                    EnvironmentLog.log(
                        .warning, "the state of OpenTofu or Terraform could not be copied", ["reason": "\(error)"])
                }
                hasComplained = true
            }
        }
    }

    /// Releases what was reserved on the disk and not used; on a full one it is what the state is written back with.
    private func giveRoomBack() throws {
        let file = try OpenFile(tool.build.eventsPath(command), .readWriteCreating)
        try file.truncate(to: file.status().size)
    }

    private func failure(_ outcome: Tool.Outcome, _ remark: String) -> StepError {
        let failed = outcome.report.failed
        let at = failed.isEmpty ? "" : " at \(failed.joined(separator: ", "))"
        let done = outcome.report.total > 0 ? "; \(outcome.report.done) of \(outcome.report.total) were done" : ""
        return tool.failure(
            outcome, kind: StepError.Kind(rawValue: "\(command)_failed"), "\(command)\(at)", note: done + remark)
    }

    /// Forgets the keys of hosts that may be no more, since others may have come in their places.
    private func forgetHosts() throws { try SSHConfiguration(context.workspace).forgetHostKeys() }

    private func remark(_ resources: [String]) -> String {
        "it may have left something that \(tool.program.name) does not know: \(resources.joined(separator: ", ")); the "
            + "tags or names of the resources find it"
    }

    /// Warns of what may exist without a trace in the state, after an end that was not orderly.
    ///
    /// - Returns: the addresses of the resources.
    private func reportLeftOver(_ outcome: Tool.Outcome, isStopped: Bool) -> [String] {
        guard !outcome.isSuccess else { return [] }
        let ending = isStopped ? .stopped : outcome.ending
        // In a state that cannot be read nothing is known.
        let resources =
            (try? tool.state.unknown(after: outcome.report, ending)) ?? outcome.report.unknown(to: [], after: ending)
        guard !resources.isEmpty else { return [] }
        let end = isStopped ? "was stopped" : ending == .stopped ? "was cut short" : "failed"
        Self.warn(
            context, "\(command) \(end) and may have left something that \(tool.program.name) does not know", resources)
        return resources
    }

    /// Says what an earlier run, which was not seen to end, may have left.
    func reportUnfinished() throws {
        guard let (change, report) = try tool.state.lookAtUnfinished() else { return }
        try forgetHosts()
        let resources = try tool.state.unknown(after: report, .stopped)
        guard !resources.isEmpty else { return }
        Self.warn(
            context,
            "the \(change.command) that began at \(change.startedAt) was not seen to end and may have left something that "
                + "\(tool.program.name) does not know", resources)
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

extension Tool.Outcome {
    /// Whether OpenTofu or Terraform and its providers came to an end of their own, so that the state has what was made.
    ///
    /// Both exit with 0 or 1 and say what failed; a crash has another status (11 with Terraform 1.11.4).
    fileprivate var ending: ToolReport.State.Ending {
        guard end == .exited(0) || end == .exited(1) else { return .stopped }
        return report.errors.contains(where: \.isAboutBrokenOffCall) ? .brokenOff : .orderly
    }
}
