public import EnvironmentDomain
import OperatingSystem

/// Says what provisioning or destroying would change, without changing anything: neither in the world nor in the
/// environment's folder.
public struct Preview: Sendable {
    private let body: @Sendable (StepContext, Request) async throws -> Plan

    /// What would be changed.
    public struct Plan: Codable, Hashable, Sendable {
        /// The resources in the order in which the provider names them.
        public let changes: [Change]
        /// The number of resources that would be made.
        public let add: Int
        /// The number of resources that would be changed.
        public let change: Int
        /// The number of resources that would be removed.
        public let remove: Int

        /// Creates a plan.
        ///
        /// - Parameters:
        ///   - changes: The resources.
        ///   - add: The number of resources that would be made.
        ///   - change: The number of resources that would be changed.
        ///   - remove: The number of resources that would be removed.
        public init(changes: [Change], add: Int, change: Int, remove: Int) {
            self.changes = changes
            self.add = add
            self.change = change
            self.remove = remove
        }
    }

    /// A resource and what is to be done with it.
    public struct Change: Codable, Hashable, Sendable {
        /// The resource's address, for example `aws_instance.web`.
        public let address: String
        /// `create`, `update`, `replace`, `delete` or another word of the provider's.
        public let action: String

        /// Creates a change.
        ///
        /// - Parameters:
        ///   - address: The resource's address.
        ///   - action: `create`, `update`, `replace`, `delete` or another word.
        public init(address: String, action: String) {
            self.address = address
            self.action = action
        }
    }

    /// What a preview is asked for.
    public struct Request: Sendable {
        /// The environment's own workspace, which is only read; the context has a temporary one.
        public let workspace: Workspace
        /// Whether destroying is asked about instead of provisioning.
        public let isRemoval: Bool
    }

    /// Creates a preview.
    ///
    /// - Parameter body: Returns the plan. The context's workspace is a temporary folder that is removed at the end.
    public init(body: @escaping @Sendable (_ step: StepContext, _ request: Request) async throws -> Plan) {
        self.body = body
    }

    /// Asks what would be changed.
    ///
    /// - Parameters:
    ///   - environment: The environment as it is stored, or as it would be created.
    ///   - lineage: The stored environment's lineage; `nil` when nothing is stored.
    ///   - workspace: The environment's folder, which is only read.
    ///   - isRemoval: Whether to ask what a destroy would do.
    ///   - options: How programs are watched and stopped.
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
            // A later preview removes it.
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

    /// Removes what previews left that were killed; they hold a state in clear text.
    private static func sweep(_ parent: borrowing Folder) {
        for name in (try? parent.names()) ?? [] where name.hasPrefix(prefix) {
            // A leftover has the name, owner and mode of a preview, and nobody holds its lock.
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
