import Commands
import EnvironmentDomain
import OperatingSystem

/// The user's folder and the program of an environment's infrastructure, with the work of each step.
struct OpenTofuSource: Sendable {
    let folder: InfrastructureFolder
    /// The path or name of OpenTofu or Terraform that the caller chose; `nil` for the stored or the first found one.
    let program: String?

    /// The name of the file in the user's folder that lists additional environment variables for OpenTofu or Terraform,
    /// one on each line.
    static let inheritFile = "inherit.txt"

    /// The name of the step that makes the hosts.
    static let applying = StepName("opentofu_apply")

    // MARK: Provisioning

    /// Copies the user's files and writes the ``VariablesFile``.
    func render(_ context: StepContext) async throws {
        try OutsideReference.check(folder)
        try SSHConfiguration.checkPaths(of: context)
        let build = BuildFolder(context.workspace)
        guard try await KeyPair(context.workspace).generate(context) else { throw KeyPair.programMissing }
        try await checkKey(context)
        let content = try folder.content()
        let changed = try InfrastructureCopy(build: build).follow(content, of: folder)
        let key = try VariablesFile.publicKey(at: context.sshAccount.publicKeyPath)
        try VariablesFile(
            context.environment, lineage: context.lineage, workspace: context.workspace, publicKey: key
        ).put(in: build.infrastructure)
        context.log("copied \(changed.count) files from \(folder.path) to \(build.infrastructure)")
        for omission in content.omissions { context.log(omission.description) }
    }

    func initialize(_ context: StepContext) async throws {
        let tool = try tool(context)
        _ = try InfrastructureCopy(build: tool.build).follow(folder)
        try tool.state.check(context)
        try await tool.initialize()
        try context.set(ToolProgram.output, to: tool.program.path)
    }

    func validate(_ context: StepContext) async throws {
        let tool = try tool(context)
        try await tool.prepare(folder)
        let outcome = try await tool.run(["validate", "-json"], name: "validate")
        if !outcome.isSuccess { try Task.checkCancellation() }
        let report = try Validation(tool.build.eventsPath("validate"))
        for line in report.diagnostics.flatMap(\.text) { context.log(line) }
        guard !outcome.isSuccess || !report.valid else { return }
        let first = report.diagnostics.first(where: \.isError)
        throw StepError(
            kind: "invalid_configuration",
            summary: "\(folder.path): \(first?.sentence ?? "\(tool.program.name) finds it invalid and gave no reason")")
    }

    func plan(_ context: StepContext) async throws {
        let tool = try tool(context)
        try tool.state.check(context)
        try await plan(tool)
    }

    func apply(_ context: StepContext) async throws {
        // Check the key again: it may have changed since `render_infrastructure`, and the machines are made for it now.
        try await checkKey(context)
        let tool = try tool(context)
        if try isBuildFolderLost(context) { try await replaceBuildFolder(tool) }
        try tool.state.check(context)
        let change = ToolChange(tool: tool, command: "apply")
        try change.reportUnfinished()
        let folder = try tool.build.open()
        let name = BuildFolder.plan(context.commandRun)
        // A plan can be applied only once, and only to the state for which it was made.
        if try context.attempt > 1 || folder.status(of: name) == nil { try await plan(tool) }
        let applying = "applying.tfplan"
        try folder.rename(name, to: applying)
        do {
            try await change.run([folder.path(of: applying)])
        } catch {
            try folder.remove(applying)
            throw error
        }
        try folder.remove(applying)
    }

    func readOutputs(_ context: StepContext) async throws {
        let tool = try tool(context)
        try tool.state.check(context)
        let name = "output"
        let outcome = try await tool.run(["output", "-json", "-no-color"], name: name)
        let folder = try Folder(tool.build.events)
        // The file has all outputs in clear text, including sensitive ones, so it is removed at once.
        let bytes = try folder.open("\(name).jsonl", .read).read(limit: 16 << 20)
        try folder.remove("\(name).jsonl")
        guard outcome.isSuccess else { throw tool.failure(outcome, kind: "no_outputs", "output") }
        let outputs = try InstanceOutputs(bytes, for: context.environment.context)
        try store(outputs, context)
        for (name, host) in outputs.hosts.sorted(by: { $0.key < $1.key }) {
            context.log("\(name): \(host.user)@\(host.address) port \(host.port)")
        }
    }

    /// Stores the outputs with the environment, and logs a warning for each output that is not stored.
    private func store(_ outputs: InstanceOutputs, _ context: StepContext) throws {
        try context.set(.instanceAddress, to: outputs.address.text)
        try context.set(.hostsText, to: outputs.hostsText)
        for (name, text) in outputs.others.sorted(by: { $0.key < $1.key }) {
            do {
                try context.set(OutputKey(name), to: text)
            } catch {
                context.warn("\(StepError(describing: error).summary); playbooks do not get it")
            }
        }
        for (name, reason) in outputs.omitted.sorted(by: { $0.key < $1.key }) {
            context.warn("the output \(name) is not stored, and playbooks do not get it: \(reason)")
        }
    }

    private func checkKey(_ context: StepContext) async throws {
        try await LoginKey(context.sshAccount).check()
    }

    // MARK: Destroying

    func destroy(_ context: StepContext) async throws {
        let build = BuildFolder(context.workspace)
        let state = StateProtection(build)
        if try isBuildFolderLost(context) && isApplyBegun(context.environment) {
            try await replaceBuildFolder(tool(context))
        }
        let known = try state.check(context)
        guard try known != nil || state.unfinished() != nil || state.isKeptElsewhere else {
            context.log("nothing was made")
            return
        }
        let tool = try tool(context)
        let change = ToolChange(tool: tool, command: "destroy")
        try change.reportUnfinished()
        try await tool.prepare(folder)
        try await change.run(["-auto-approve"])
    }

    /// Removes the build folder (plans, state, copies of the state, plugins) and the generated keys.
    func removeWorkingFiles(_ context: StepContext) throws {
        let build = BuildFolder(context.workspace)
        if let root = try? Folder(context.workspace.root.text) { try root.removeTree(lastComponent(of: build.path)) }
        try KeyPair(context.workspace).remove(context)
        context.log("removed \(build.path)")
    }

    /// Returns whether the build folder was lost after it was initialized.
    private func isBuildFolderLost(_ context: StepContext) throws -> Bool {
        try context.environment[ToolProgram.output] != nil
            && BuildFolder(context.workspace).read(BuildFolder.manifest) == nil
    }

    /// Creates a lost build folder again.
    ///
    /// Only an initialized folder tells whether a backend of the user keeps the state.
    private func replaceBuildFolder(_ tool: Tool) async throws {
        try tool.state.noteLoss()
        try await tool.prepare(folder)
    }

    /// Returns whether an environment that is being destroyed had started its apply.
    private func isApplyBegun(_ environment: AnyEnvironmentState) -> Bool {
        guard [.created, .provisioning, .provisionFailed].contains(environment.state) else { return true }
        let failed = environment.payload as? any FailedState
        let progress = (environment.payload as? any InProgressState)?.progress ?? failed?.progress
        let steps = (progress?.completed.map(\.name) ?? []) + [progress?.current?.name, failed?.failure.failedStep]
        return steps.contains(Self.applying)
    }

    // MARK: OpenTofu or Terraform

    func tool(_ context: StepContext) throws -> Tool {
        let program = try ToolProgram(
            named: program, remembered: context.environment[ToolProgram.output])
        return Tool(
            program: program, build: BuildFolder(context.workspace), context: context, inherited: try inherited())
    }

    private func inherited() throws -> [String] {
        guard let text = try? folder.read(Self.inheritFile) else { return [] }
        return String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty && !$0.begins(with: "#") }
    }

    /// Makes a plan and stores it for the apply of this run.
    private func plan(_ tool: Tool) async throws {
        try await tool.prepare(folder)
        let build = try tool.build.open()
        for old in try build.names() where old.hasSuffix(".tfplan") { try build.remove(old) }
        let halfMade = try tool.state.halfMade()
        if !halfMade.isEmpty {
            tool.context.log("cut short in a provisioner, so made again: \(halfMade.joined(separator: ", "))")
        }
        let outcome = try await tool.run(
            [
                "plan", "-json", "-input=false", "-lock-timeout=10s",
                "-out=\(build.path(of: BuildFolder.plan(tool.context.commandRun)))",
            ] + halfMade.map { "-replace=\($0)" }, name: "plan")
        guard outcome.isSuccess else {
            try Task.checkCancellation()
            throw tool.failure(outcome, kind: "plan_refused", "plan")
        }
        do {
            // Without its summary, the report is incomplete and does not tell which outputs are missing.
            if outcome.report.summary != nil { try InstanceOutputs.check(planned: outcome.report.outputs) }
        } catch {
            throw StepError(
                kind: error.kind, summary: "\(folder.path): \(error.summary). Nothing was made of this plan")
        }
        for change in outcome.report.planned { tool.context.log("will \(change.action) \(change.address)") }
        if let summary = outcome.report.summary {
            tool.context.log(
                "plan: \(summary.add) to make, \(summary.change) to change, \(summary.remove) to remove")
        }
    }
}

extension OutputKey where Value == String {
    /// The output ``OutputKey/hosts`` as text, with all members that the user's files set for each host.
    fileprivate static let hostsText = OutputKey(stringLiteral: OutputKey<[String: InstanceHost]>.hosts.name)
}
