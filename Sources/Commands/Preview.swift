public import EnvironmentDomain
import OperatingSystem

/// A preview of the resources that provisioning or destroying would change.
///
/// A preview changes neither the resources nor the environment's folder.
public struct Preview: Sendable {
    private let body: @Sendable (StepContext, Request) async throws -> Plan

    /// The resources that would be changed.
    public struct Plan: Codable, Hashable, Sendable {
        /// The resources that would be changed, in the provider's order.
        public let changes: [Change]
        /// The number of resources that would be created.
        public let add: Int
        /// The number of resources that would be changed.
        public let change: Int
        /// The number of resources that would be removed.
        public let remove: Int

        /// Creates a plan.
        ///
        /// - Parameters:
        ///   - changes: The resources that would be changed.
        ///   - add: The number of resources that would be created.
        ///   - change: The number of resources that would be changed.
        ///   - remove: The number of resources that would be removed.
        public init(changes: [Change], add: Int, change: Int, remove: Int) {
            self.changes = changes
            self.add = add
            self.change = change
            self.remove = remove
        }
    }

    /// A resource and the action that would be taken on it.
    public struct Change: Codable, Hashable, Sendable {
        /// The resource's address, for example `aws_instance.web`.
        public let address: String
        /// The action: `create`, `update`, `replace`, `delete`, or another word that the provider uses.
        public let action: String

        /// Creates a change.
        ///
        /// - Parameters:
        ///   - address: The resource's address.
        ///   - action: The action: `create`, `update`, `replace`, `delete`, or another word that the provider uses.
        public init(address: String, action: String) {
            self.address = address
            self.action = action
        }
    }

    /// The request that a preview answers.
    public struct Request: Sendable {
        /// The environment's workspace, which must only be read; the workspace of the context is a temporary one.
        public let workspace: Workspace
        /// Whether the preview is of destroying instead of provisioning.
        public let isRemoval: Bool
    }

    /// Creates a preview.
    ///
    /// - Parameter body: Returns the plan. The context's workspace is a temporary folder, which is removed afterwards.
    public init(body: @escaping @Sendable (_ step: StepContext, _ request: Request) async throws -> Plan) {
        self.body = body
    }

    /// Returns the resources that would be changed.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored, or as it would be created.
    ///   - lineage: The stored environment's lineage; `nil` when nothing is stored.
    ///   - workspace: The environment's workspace, which is only read.
    ///   - isRemoval: Whether to preview destroying instead of provisioning.
    ///   - options: The options for watching and stopping programs.
    /// - Throws: ``StepError`` with the reason, or `CancellationError`.
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
        let result: Result<Plan, any Error>
        do {
            result = .success(
                try await run(
                    environment, lineage, Request(workspace: workspace, isRemoval: isRemoval), options, in: folder))
        } catch {
            result = .failure(error)
        }
        do {
            try parent.removeTree(name)
        } catch {
            // Not an error: the next preview removes the folder.
            EnvironmentLog.log(.warning, "a preview's folder could not be removed", ["reason": error.description])
        }
        do {
            return try result.get()
        } catch let error as CancellationError {
            throw error
        } catch let error as SystemError {
            throw StepError(kind: "no_preview", summary: error.description)
        } catch {
            throw StepError(describing: error)
        }
    }

    private static let prefix = "plan-preview-"

    /// Removes the folders of previews that were killed, since they hold a state in clear text.
    private static func sweep(_ parent: borrowing Folder) {
        for name in (try? parent.names()) ?? [] where name.hasPrefix(prefix) {
            // A leftover has the name, owner and mode of a preview's folder, and no process holds its lock.
            guard (try? CommandID(String(name.dropFirst(prefix.count)))) != nil,
                let status = try? parent.status(of: name), status.kind == .folder, status.mode == 0o700,
                status.owner == ThisProcess.userIdentifier, let folder = try? parent.folder(name),
                let file = try? folder.status(of: Workspace.busyLockName),
                Int64(file.modified) < Timestamp.now().millisecondsSince1970 / 1000 - 60,
                let lock = try? FileLock.attempt(Workspace.busyLockName, in: folder)
            else { continue }
            withExtendedLifetime(lock) { try? parent.removeTree(name) }
        }
    }

    private func run(
        _ environment: AnyEnvironmentState, _ lineage: Lineage?, _ request: Request, _ options: CommandOptions,
        in folder: Folder
    ) async throws -> Plan {
        let own = Workspace(root: try AbsolutePath(resolving: folder.path))
        let step: StepName = "preview"
        let run = CommandRun()
        guard let busy = try FileLock.attempt(Workspace.busyLockName, in: folder) else {
            throw StepError(kind: .notStarted, summary: "\(folder.path) is in use")
        }
        let context = StepContext(
            environment: environment, command: request.isRemoval ? .destroy : .provision, commandRun: run, step: step,
            attempt: 1, workspace: own, lineage: lineage, files: StepFiles(step, position: 1, run: run.id, in: own),
            busy: busy, options: options)
        let result: Result<Plan, any Error>
        do {
            result = .success(try await body(context, request))
        } catch {
            result = .failure(error)
        }
        _ = await Leftovers(busy: busy, options: options).end(isStopped: Task.isCancelled)
        return try result.get()
    }
}
