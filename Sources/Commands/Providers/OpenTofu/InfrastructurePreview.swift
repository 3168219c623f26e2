public import EnvironmentDomain
import OperatingSystem

/// Says what the tool would change, without changing anything: neither in the world nor in the environment's folder.
///
/// The user's files and the tool's state are copied into a temporary folder, which is removed at the end.
public struct InfrastructurePreview: Sendable {
    let source: OpenTofuSource

    /// What would be changed.
    public struct Plan: Codable, Hashable, Sendable {
        /// The resources in the order in which the tool names them.
        public let changes: [PlannedChange]
        public let add: Int
        public let change: Int
        public let remove: Int
    }

    /// Asks the tool.
    ///
    /// - Parameters:
    ///   - environment: the environment as it is stored, or as it would be created.
    ///   - lineage: the stored environment's lineage, for its tags; nil when nothing is stored.
    ///   - workspace: the environment's folder, which is only read.
    ///   - isRemoval: whether to ask what a destroy would do.
    ///   - options: how the tool is watched and stopped.
    /// - Throws: ``StepError`` with the tool's reason; `tool_missing` when there is no tool.
    public func run(
        _ environment: AnyEnvironmentState, lineage: Lineage?, workspace: Workspace, isRemoval: Bool = false,
        options: CommandOptions = CommandOptions()
    ) async throws -> Plan {
        let (parent, folder): (Folder, Folder)
        let name = Self.prefix + CommandID.random().text
        do {
            parent = try Folder(ThisProcess.temporaryFolder)
            Self.sweep(parent)
            folder = try parent.makingFolder(name)
        } catch {
            throw StepError(kind: "no_preview", summary: "there is no room for a preview: \(error)")
        }
        do {
            let result = try await run(environment, lineage, workspace, isRemoval, options, in: folder)
            try parent.removeTree(name)
            return result
        } catch {
            try parent.removeTree(name)
            guard let error = error as? SystemError else { throw error }
            throw StepError(kind: "no_preview", summary: error.description)
        }
    }

    private static let prefix = "plan-preview-"

    /// Removes what previews left that were killed; they hold a state in clear text.
    private static func sweep(_ parent: borrowing Folder) {
        for name in (try? parent.names()) ?? [] where name.hasPrefix(prefix) {
            // Ours by its name, its owner, its mode and the lock in it, which is held while somebody works there.
            guard (try? CommandID(String(name.dropFirst(prefix.count)))) != nil,
                let status = try? parent.status(of: name), status.kind == .folder, status.mode == 0o700,
                status.owner == ThisProcess.userIdentifier, let folder = try? parent.folder(name),
                let file = try? folder.status(of: Workspace.busyLockName),
                Int64(file.modified) < Timestamp.now().millisecondsSince1970 / 1000 - 60,
                let lock = try? FileLock.attempt(Workspace.busyLockName, in: folder)
            else { continue }
            try? parent.removeTree(name)
            _ = lock
        }
    }

    private func run(
        _ environment: AnyEnvironmentState, _ lineage: Lineage?, _ workspace: Workspace, _ isRemoval: Bool,
        _ options: CommandOptions, in folder: Folder
    ) async throws -> Plan {
        let own = Workspace(root: try AbsolutePath(resolving: folder.path))
        let step = StepName("opentofu_plan")
        let run = CommandRun()
        guard let busy = try FileLock.attempt(Workspace.busyLockName, in: folder) else {
            throw StepError(kind: "not_started", summary: "\(folder.path) is in use")
        }
        let context = StepContext(
            environment: environment, command: isRemoval ? .destroy : .provision, commandRun: run, step: step,
            attempt: 1,
            workspace: own, lineage: lineage, files: StepFiles(step, position: 1, run: run.id, in: own), busy: busy,
            options: options)
        let result: Result<Plan, any Error>
        do {
            result = .success(try await plan(environment, context, lineage, workspace, isRemoval))
        } catch {
            result = .failure(error)
        }
        _ = await Leftovers(busy: busy, options: options).end(isStopped: Task.isCancelled)
        return try result.get()
    }

    private func plan(
        _ environment: AnyEnvironmentState, _ context: StepContext, _ lineage: Lineage?, _ workspace: Workspace,
        _ isRemoval: Bool
    ) async throws -> Plan {
        try checkReferences()
        let tool = try source.tool(context)
        try copyState(of: BuildFolder(workspace), to: tool.build)
        let account = try environment.context.sshAccount(in: workspace)
        let key = (try? VariablesFile.publicKey(at: account.publicKeyPath)) ?? Self.anyKey
        try VariablesFile(environment, lineage: lineage, workspace: workspace, publicKey: key)
            .put(in: tool.build.infrastructure)
        try await tool.prepare(source.folder)
        let outcome = try await tool.run(
            ["plan", "-json", "-input=false", "-lock=false"] + (isRemoval ? ["-destroy"] : []), name: "plan")
        guard outcome.isSuccess else {
            try Task.checkCancellation()
            throw tool.failure(outcome, kind: "plan_refused", "plan")
        }
        let summary = outcome.report.summary
        return Plan(
            changes: outcome.report.planned, add: summary?.add ?? 0, change: summary?.change ?? 0,
            remove: summary?.remove ?? 0)
    }

    private func checkReferences() throws(StepError) {
        do {
            try OutsideReference.check(source.folder)
        } catch {
            throw StepError(kind: "invalid_infrastructure", summary: "\(error.path): \(error.reason)")
        }
    }

    private func copyState(of build: BuildFolder, to copy: BuildFolder) throws {
        let target = try Folder.making(copy.infrastructure)
        for name in [ToolState.name, ".terraform.lock.hcl"] {
            guard let bytes = try build.read("\(lastComponent(of: build.infrastructure))/\(name)") else { continue }
            try target.put(bytes, at: name)
        }
    }

    /// Stands for the key that would be generated; nobody has its other half.
    private static let anyKey =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA preview"
}
