import Commands
import EnvironmentDomain
import OperatingSystem

/// A run of OpenTofu or Terraform that changes resources, with the state protected before, during and after it.
struct ToolChange: Sendable {
    let tool: Tool
    /// The command of OpenTofu or Terraform, `apply` or `destroy`.
    let command: String

    private var context: StepContext { tool.context }

    /// The number of bytes to reserve on the disk for the last events, which may include the whole state.
    private static let reserve = 8 << 20

    /// Runs the command.
    ///
    /// - Throws: ``StepError`` with the kind `apply_failed`, `destroy_failed`, `state_locked` or `tool_state_damaged`,
    ///   the errors of ``StepContext/runTool(_:onLine:)``, and `CancellationError` when the step was stopped.
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
            // The program was not started.
            try state.abandon()
            throw error
        }
        copying.cancel()
        await copying.value
        if outcome.report.hasStarted { try forgetHosts() }
        let conclusion = conclude(outcome, isStopped: Task.isCancelled)
        // Report the stop and not a damaged state, which the next run refuses anyway.
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

    /// The conclusion after the end of the command.
    private struct Conclusion {
        var isWrittenBack = false
        /// The addresses of resources that may exist without being in the state.
        var leftOver: [String] = []
        /// The error that makes the state unusable; `nil` for none.
        var error: (any Error)?
    }

    /// Records the state after the command, and logs a warning for resources that may exist without being in it.
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

    /// Copies the state five times a second, since a kill while the state is being written leaves it empty.
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

    /// Releases the unused part of the reserved space; on a full disk, the state can then be written in this space.
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

    /// Removes the known host keys, since other hosts may have replaced the known ones.
    private func forgetHosts() throws { try SSHConfiguration(context.workspace).forgetHostKeys() }

    private func remark(_ resources: [String]) -> String {
        "it may have left something that \(tool.program.name) does not know: \(resources.joined(separator: ", ")); the "
            + "tags or names of the resources find it"
    }

    /// Logs a warning for resources that may exist without being in the state, after a run that did not succeed.
    ///
    /// - Returns: The addresses of the resources.
    private func reportLeftOver(_ outcome: Tool.Outcome, isStopped: Bool) -> [String] {
        guard !outcome.isSuccess else { return [] }
        let ending = isStopped ? .stopped : outcome.ending
        // A state that cannot be read contains no known resources.
        let resources =
            (try? tool.state.unknown(after: outcome.report, ending)) ?? outcome.report.unknown(to: [], after: ending)
        guard !resources.isEmpty else { return [] }
        let end = isStopped ? "was stopped" : ending == .stopped ? "was cut short" : "failed"
        Self.warn(
            context, "\(command) \(end) and may have left something that \(tool.program.name) does not know", resources)
        return resources
    }

    /// Logs a warning for resources that an unfinished change may have left.
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
    /// The way in which the run ended, which tells whether the state contains every resource that was made.
    ///
    /// OpenTofu and Terraform exit with 0 or 1 and report every failure; a crash has another status (11 with Terraform
    /// 1.11.4).
    fileprivate var ending: ToolReport.State.Ending {
        guard end == .exited(0) || end == .exited(1) else { return .stopped }
        return report.errors.contains(where: \.isAboutBrokenOffCall) ? .brokenOff : .orderly
    }
}
