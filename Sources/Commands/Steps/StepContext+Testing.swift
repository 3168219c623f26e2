public import EnvironmentDomain
import OperatingSystem

extension StepContext {
    /// Creates a context for a test of a single step.
    ///
    /// Programs run as they do in a command, and every file is written to the folder. A temporary folder is removed
    /// with the last copy of the context.
    ///
    /// ```swift
    /// let step = try StepContext.testing(parameters: ["tag": "v1"])
    /// try await shop.steps(of: .release)[0].run(step)
    /// #expect(step.loggedLines == ["publishing v1"])
    /// ```
    ///
    /// - Parameters:
    ///   - name: The step's name.
    ///   - environment: The environment before the step; `nil` for one named `test-env` in the phase's state.
    ///   - outputs: Outputs of earlier steps, added to those of the environment.
    ///   - parameters: Parameters, added to those of the environment.
    ///   - phase: The phase of the step.
    ///   - attempt: The attempt's number, from 1.
    ///   - folder: The environment's folder; `nil` for a temporary one.
    ///   - options: The options of the run, for example the clock.
    /// - Throws: ``StepError`` when the folder cannot be used, for example since another step uses it.
    public static func testing(
        _ name: StepName = "step", environment: AnyEnvironmentState? = nil, outputs: [String: String] = [:],
        parameters: [ParameterName: String] = [:], phase: Phase = .provision, attempt: Int = 1,
        folder: AbsolutePath? = nil, options: CommandOptions = CommandOptions()
    ) throws(StepError) -> StepContext {
        do {
            let temporary = folder == nil ? TemporaryFolder(name: "step-\(CommandID.random())") : nil
            let root = try folder ?? AbsolutePath(resolving: temporary?.path ?? "")
            let workspace = Workspace(root: root)
            guard let busy = try FileLock.attempt(Workspace.busyLockName, in: Folder.making(root.text)) else {
                throw StepError(kind: "busy", summary: "\(root) is in use by another step")
            }
            let run = CommandRun()
            let environment = try environment ?? EnvironmentLog.withHandler({ _ in }) { try sample(in: phase, run) }
            var context = environment.context
            context.outputs.merge(outputs) { $1 }
            context.parameters.merge(parameters) { $1 }
            return StepContext(
                environment: environment.with(context), command: phase.command, commandRun: run, step: name,
                attempt: attempt, workspace: workspace, lineage: nil,
                files: StepFiles(name, position: 1, attempt: attempt, run: run.id, in: workspace), busy: busy,
                options: options, temporaryFolder: temporary)
        } catch let error as StepError {
            throw error
        } catch {
            throw StepError(kind: "system", summary: StepError.text(of: error))
        }
    }

    /// Returns the outputs that the step and its programs have set so far.
    ///
    /// - Throws: ``StepError`` with the kind `invalid_output` when a command would refuse one of them.
    public func writtenOutputs() throws(StepError) -> [String: String] {
        var written: [String: String] = [:]
        let outputs = try files.outputs.read(isFinished: true)
        let complaints = outputs.complaints + outputs.merge(into: &written)
        guard complaints.isEmpty else {
            throw StepError(kind: .invalidOutput, summary: complaints.joined(separator: "; "))
        }
        return written
    }

    /// The lines of the step's log so far; empty when nothing was logged.
    public var loggedLines: [String] { (try? StepLogFile(files.logPath).lines()) ?? [] }

    private static func sample(in phase: Phase, _ run: CommandRun) throws(InvalidValue) -> AnyEnvironmentState {
        let created = Environment(name: "test-env", provider: ProviderReference(kind: "test"))
        if phase == .provision { return created.startProvisioning(run).erased }
        let provisioned = created.startProvisioning(run).provisioned(
            Instance(address: try InstanceAddress("127.0.0.1")))
        if phase == .destroy { return provisioned.erased }
        let configuring = provisioned.startConfiguring(run)
        if phase == .configure { return configuring.erased }
        let releasing = configuring.configured().startReleasing(run)
        return phase == .release ? releasing.erased : releasing.released().startRunning(run).erased
    }
}
