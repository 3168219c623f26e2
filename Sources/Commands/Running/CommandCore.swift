import EnvironmentDomain
import OperatingSystem

/// The part that the commands of all phases share: the checks before a run, and the record of the phase's inputs.
struct CommandCore: Sendable {
    var command: CommandName { phase.command }
    /// The phase whose steps the command runs.
    let phase: Phase
    let provider: Provider
    let repository: any EnvironmentRepository
    let options: CommandOptions

    /// The steps of the phase.
    var workflow: Workflow { provider[phase] }

    /// Checks that the stored state equals the one that the caller holds.
    ///
    /// - Returns: The stored state; `nil` when nothing is stored, which only a `Created` environment may have.
    /// - Throws: ``CommandError`` with `staleEnvironment` when the two differ.
    func checkStored(
        _ held: AnyEnvironmentState, _ lease: any EnvironmentLease
    ) async throws(CommandError) -> AnyEnvironmentState? {
        let stored = try await lease.loaded()?.document
        guard stored == held || (stored == nil && held.state == .created) else {
            let found = stored.map { "in state \($0.state)" } ?? "nothing"
            let detail = stored?.state == held.state ? ", with another content" : ""
            var error = CommandError(
                .staleEnvironment,
                "\(command) of \(held.name) was refused: the caller holds it in state \(held.state), and stored is "
                    + "\(found)\(detail). Load it again, and continue from there; nothing was done.")
            error.lastDurable = stored
            throw error
        }
        return stored
    }

    /// Checks that this command may run on the environment with these steps.
    ///
    /// - Parameter startsAgain: Whether the phase starts at its first step even if some of its steps are complete.
    func checkAllowed(_ environment: AnyEnvironmentState, startsAgain: Bool = false) throws(CommandError) {
        if let freeze = environment.context.freeze, freeze.holds() {
            throw refusal(.frozen, environment, "it is \(freeze)")
        }
        if environment.context.destruction != nil && command != .destroy {
            throw refusal(
                .destructionUnfinished, environment,
                "a destroy of \(environment.name) was begun and must be finished first")
        }
        try checkProvider(environment)
        // A phase that starts again discards the record of a step that was interrupted in it or in a later phase.
        if startsAgain || environment.unfinishedCommand == command { try checkRepeatable(environment) }
        guard !startsAgain, environment.unfinishedCommand == command, let progress = environment.progress else {
            return
        }
        let names = workflow.steps.map(\.name)
        let completed = progress.completed.map(\.name)
        guard names.starts(with: completed) else {
            var error = refusal(
                .workflowChanged, environment,
                "the completed steps \(completed.map(\.text).joined(separator: ", ")) must still come first, and the "
                    + "steps are \(names.map(\.text).joined(separator: ", "))")
            // A destroy cannot start again, so the error must not suggest it.
            if phase != .destroy { error.startAgain = phase }
            throw error
        }
    }

    /// Checks that the provider is of the kind that the environment was made with.
    ///
    /// Another provider would neither find nor remove what was made.
    ///
    /// - Parameter action: The word for the requested command, for the message; `nil` for this command's name.
    func checkProvider(_ environment: AnyEnvironmentState, for action: String? = nil) throws(CommandError) {
        let (begun, now) = (environment.context.provider, workflow.provider)
        let isUntouched = environment.state == .created && environment.context.destruction == nil
        guard begun.kind == now.kind || (isUntouched && command != .destroy) else {
            throw refusal(
                .workflowChanged, environment,
                "it was begun with the provider \(begun.kind) and cannot continue with \(now.kind)", of: action)
        }
    }

    /// Returns the progress from which an unfinished command resumes.
    ///
    /// When the provider's source was changed, the command returns to the step ``Workflow/redoneWhenChanged``.
    func resumed(_ progress: StepProgress, of environment: AnyEnvironmentState) -> StepProgress {
        guard let step = workflow.redoneWhenChanged, isSourceChanged(since: environment) else { return progress }
        return progress.returned(to: step)
    }

    /// The completed steps that are not the ones which were run.
    private func changedSteps(in progress: StepProgress) -> [StepName] {
        progress.completed.filter { completed in
            guard let before = completed.digest else { return false }
            return workflow.steps.contains { $0.name == completed.name && $0.digest != before }
        }.map(\.name)
    }

    /// Logs that the steps of the unfinished command were changed since the last run.
    func reportChangedSteps(_ environment: AnyEnvironmentState) {
        guard environment.unfinishedCommand == command, isSourceChanged(since: environment) else { return }
        let (begun, now) = (environment.context.provider, workflow.provider)
        EnvironmentLog.log(
            .info, "the steps were changed since they were last used",
            [
                "environment_name": environment.name.text, "command": command.rawValue,
                "from_digest": begun.digest?.text ?? "none", "to_digest": now.digest?.text ?? "none",
            ])
        let changed = environment.progress.map { changedSteps(in: $0) } ?? []
        guard !changed.isEmpty else { return }
        EnvironmentLog.log(
            .warning, "completed steps were changed and are not run again until the phase starts again",
            [
                "environment_name": environment.name.text, "command": command.rawValue,
                "steps": changed.map(\.text).joined(separator: ","),
            ])
    }

    private func isSourceChanged(since environment: AnyEnvironmentState) -> Bool {
        let (begun, now) = (environment.context.provider, workflow.provider)
        return begun.digest != now.digest || begun.source != now.source
    }

    /// Checks that an interrupted step that is not repeatable was confirmed.
    private func checkRepeatable(_ environment: AnyEnvironmentState) throws(CommandError) {
        guard let step = provider.unrepeatableStep(of: environment), options.rerun != step else { return }
        var error = refusal(
            .notRepeatable, environment,
            "its step \(step) may have run already and is not repeatable; find out what it did, and confirm that it "
                + "is to be run again")
        error.step = step
        error.rerun = step
        throw error
    }

    private func refusal(
        _ code: CommandError.Code, _ environment: AnyEnvironmentState, _ reason: String, of action: String? = nil
    ) -> CommandError {
        let action = action ?? command.rawValue
        var error = CommandError(code, "\(action) of \(environment.name) was refused: \(reason). Nothing was done.")
        error.lastDurable = environment
        error.next = environment.nextCommand
        return error
    }

    /// Saves an environment for the first time.
    func create(
        _ environment: AnyEnvironmentState, run: CommandRun, _ lease: any EnvironmentLease
    ) async throws(CommandError) {
        let journal = await Journal(command: .create, run: run, lease: lease, options: options)
        try await journal.recordIntent(environment, .transition(from: nil, to: environment.state))
        EnvironmentLog.creation(of: environment)
    }

    /// Sets the provider in a context and adds the outputs that an interrupted step had set.
    func prepare(_ context: inout EnvironmentContext, progress: StepProgress?, in workspace: Workspace) {
        context.provider = workflow.provider
        if let progress, let current = progress.current {
            OutputsFile.recover(current.name, run: progress.commandID, in: workspace, into: &context.outputs)
        }
        // Documents of an earlier version may contain outputs whose variables collide.
        for (variable, names) in Outputs.collisions(in: context.outputs) {
            EnvironmentLog.log(
                .warning,
                "stored outputs differ only in case or in dashes and underscores; programs of steps get the last one",
                ["variable": variable, "outputs": names.joined(separator: ",")])
        }
    }

    /// Sets the parameters with which the phase starts, and marks this phase and the later ones as not completed.
    func startPhase(_ context: inout EnvironmentContext, _ inputs: PhaseInputs) {
        switch inputs {
        case .changes(let parameters):
            context.parameters.merge(parameters) { $1 }
            // The release or an earlier phase starts for another reason than the rollback, so the rollback is over.
            if phase <= .release { context.rollback = nil }
        case .rollback(let rollback, let parameters):
            context.parameters = parameters
            context.rollback = rollback
        }
        context.completed = context.completed.filter { $0.key < phase }
    }

    /// Records the inputs of the phase in the context, for the save that completes the phase.
    ///
    /// Where a completed step was changed and not run again, no checksum describes what was done.
    func completePhase(_ context: inout EnvironmentContext, _ progress: StepProgress, _ journal: Journal) async {
        context.completed[phase] = CompletedPhase(
            parameters: context.parameters, stepsDigest: changedSteps(in: progress).isEmpty ? workflow.digest : nil,
            serial: await journal.nextSerial, at: .now())
        if context.rollback?.goal == phase { context.rollback = nil }
    }

    /// Logs which earlier run was interrupted, and in which step.
    func reportInterrupted(_ environment: AnyEnvironmentState) {
        guard environment.unfinishedCommand == command, let progress = environment.progress else { return }
        let step = progress.current.map { "in step \($0.name)" } ?? "between two steps"
        EnvironmentLog.log(
            .warning, "an earlier run was interrupted \(step); resuming from there",
            [
                "environment_name": environment.name.text, "command": command.rawValue,
                "command_id": progress.commandID.text, "started_at": progress.startedAt.text,
                "completed_steps": "\(progress.completed.count)",
            ])
    }

    func stepFailed(
        _ failed: FailedStep, of name: EnvironmentName, _ journal: Journal
    ) -> CommandError {
        let trace = failed.failure.traceFile.map { " Trace: \($0)." } ?? ""
        let summary = failed.failure.summary
        var message =
            "\(command) of \(name) failed in step \(failed.failure.failedStep): \(summary)"
            + (summary.hasSuffix(".") ? "" : ".") + trace
        if let save = journal.failedSave {
            message += " And this failure could not be saved: \(save.message)\(journal.recordAdvice)"
        }
        var error = CommandError(.stepFailed, message)
        error.step = failed.failure.failedStep
        error.failure = failed.failure
        error.logTail = failed.logTail
        if failed.lacksOutput { error.startAgain = phase }
        return journal.complete(error)
    }
}
