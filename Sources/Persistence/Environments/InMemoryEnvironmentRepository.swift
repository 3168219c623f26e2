public import EnvironmentDomain
import OperatingSystem

/// Keeps environments in this process's memory, with the leases and errors of a lasting repository: for tests and
/// trials.
///
/// Who waits for a lease gets it in the order of asking.
public final class InMemoryEnvironmentRepository: EnvironmentRepository {
    public let lockTimeout: Duration
    private let workspaceRoot: AbsolutePath
    private let memory: Memory

    /// Makes an empty repository.
    ///
    /// - Parameters:
    ///   - workspaceRoot: the folder for the environments' working files; `nil` for a new one in the temporary folder,
    ///     which is made when something is first written there. It is removed when the repository and all its leases are
    ///     deallocated, or when the process exits; only a process that is killed leaves it behind.
    ///   - lockTimeout: how long to wait for another task that holds the same environment.
    public init(workspaceRoot: AbsolutePath? = nil, lockTimeout: Duration = .seconds(10)) throws(InvalidValue) {
        self.lockTimeout = lockTimeout
        if let workspaceRoot {
            self.workspaceRoot = workspaceRoot
            memory = Memory(folder: nil)
        } else {
            let folder = TemporaryFolder(name: "environments-\(LockID.random())")
            self.workspaceRoot = try AbsolutePath(resolving: folder.path)
            memory = Memory(folder: folder)
        }
    }

    public func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        switch await memory.hold(name, for: .thisProcess(command: command, run: run), timeout: lockTimeout) {
        case .held:
            return InMemoryLease(name: name, workspace: workspace(for: name), memory: memory)
        case .cancelled:
            throw RepositoryError(.cancelled, "Stopped while waiting for \(name); nothing was changed.")
        case .timedOut(let other):
            throw RepositoryError(
                .lockAcquisitionFailed,
                "Failed to acquire lock for environment: \(name), held by \(other) (waited \(lockTimeout.seconds) s). "
                    + "Wait until it ends.", holder: other)
        }
    }

    public func load(_ name: EnvironmentName) async -> StoredEnvironment? { await memory.stored[name] }

    public func exists(_ name: EnvironmentName) async -> Bool { await memory.stored[name] != nil }

    public func names() async -> [EnvironmentName] { await memory.stored.keys.sorted() }

    public func holder(of name: EnvironmentName) async -> LeaseHolder? { await memory.holders[name] }

    public func workspace(for name: EnvironmentName) -> Workspace {
        Workspace(root: workspaceRoot.appending(name))
    }

    /// How many tasks wait for the lease of an environment.
    func waiting(for name: EnvironmentName) async -> Int { await memory.waiting[name]?.count ?? 0 }

    /// Every save of an environment since it was made, oldest first.
    public func history(of name: EnvironmentName) async -> [HistoryLine] { await memory.history[name] ?? [] }
}

private actor Memory {
    private(set) var stored: [EnvironmentName: StoredEnvironment] = [:]
    private(set) var history: [EnvironmentName: [HistoryLine]] = [:]
    private(set) var holders: [EnvironmentName: LeaseHolder] = [:]
    /// Who waits for a lock, the first to come first.
    private(set) var waiting: [EnvironmentName: [Waiter]] = [:]
    /// Holds the working files until the repository and its leases are gone.
    private let folder: TemporaryFolder?

    init(folder: TemporaryFolder?) { self.folder = folder }

    struct Waiter {
        let holder: LeaseHolder
        let end: CheckedContinuation<WaitEnd, Never>
    }

    /// How a wait for a lock ends.
    enum WaitEnd {
        case held
        case timedOut(LeaseHolder)
        case cancelled
    }

    /// Takes the lock when all who asked for it before have had it or have gone.
    func hold(_ name: EnvironmentName, for holder: LeaseHolder, timeout: Duration) async -> WaitEnd {
        guard !Task.isCancelled else { return .cancelled }
        guard let other = holders[name] else {
            holders[name] = holder
            return .held
        }
        guard timeout > .zero else { return .timedOut(other) }
        let alarm = Task {
            try await Task.sleep(for: timeout)
            endWait(of: holder, for: name, .timedOut(holders[name] ?? other))
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { end in
                if Task.isCancelled {
                    end.resume(returning: .cancelled)
                } else {
                    waiting[name, default: []].append(Waiter(holder: holder, end: end))
                }
            }
        } onCancel: {
            Task { await endWait(of: holder, for: name, .cancelled) }
        }
    }

    /// Takes a waiter out of the line; nothing when its turn has come already.
    private func endWait(of holder: LeaseHolder, for name: EnvironmentName, _ end: WaitEnd) {
        guard let place = waiting[name]?.firstIndex(where: { $0.holder.lockID == holder.lockID }) else { return }
        waiting[name]?.remove(at: place).end.resume(returning: end)
    }

    /// Hands the lock to the next in line: it is never free while somebody waits.
    func letGo(_ name: EnvironmentName) {
        if waiting[name]?.isEmpty ?? true {
            holders[name] = nil
            waiting[name] = nil
        } else if let next = waiting[name]?.removeFirst() {
            holders[name] = next.holder
            next.end.resume(returning: .held)
        }
    }

    func note(_ command: CommandName, _ run: CommandRun, step: StepName?, for name: EnvironmentName) {
        holders[name]?.command = command
        holders[name]?.commandID = run.id
        holders[name]?.step = step
    }

    func save(_ environment: AnyEnvironmentState, event: HistoryEvent) -> StoredEnvironment {
        let before = stored[environment.name]
        let line = HistoryLine(
            serial: (before?.serial ?? 0) + 1, event: event,
            previous: before?.line.flatMap { try? $0.text() }.map { Checksum(of: $0) }, missed: [])
        let next = StoredEnvironment(
            document: environment, lineage: before?.lineage ?? .random(), serial: line.serial, savedAt: event.at,
            line: line)
        stored[environment.name] = next
        history[environment.name, default: []].append(line)
        return next
    }

    func delete(_ name: EnvironmentName) {
        stored[name] = nil
        history[name] = nil
    }
}

private actor InMemoryLease: EnvironmentLease {
    nonisolated let name: EnvironmentName
    private let workspace: Workspace
    private let memory: Memory
    private var isReleased = false

    init(name: EnvironmentName, workspace: Workspace, memory: Memory) {
        self.name = name
        self.workspace = workspace
        self.memory = memory
    }

    /// The last resort for a lease that was dropped.
    deinit {
        guard !isReleased else { return }
        Task { [name, memory] in await memory.letGo(name) }
    }

    var stored: StoredEnvironment? { get async { await memory.stored[name] } }

    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment {
        try checkHeld()
        guard environment.name == name else {
            throw RepositoryError(
                .wrongEnvironment,
                "The lease is for \(name), and the environment to save is \(environment.name); nothing was saved.")
        }
        return await memory.save(environment, event: event)
    }

    func keepEmergencyRecord() -> String? { nil }

    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {
        if !isReleased { await memory.note(command, run, step: step, for: name) }
    }

    func delete() async throws(RepositoryError) {
        try checkHeld()
        try await workspace.removeFiles(of: name) { [name, memory] in await memory.delete(name) }
    }

    private func checkHeld() throws(RepositoryError) {
        guard !isReleased else {
            throw RepositoryError(.lockLost, "The lease of \(name) was released; nothing was changed.")
        }
    }

    func release() async {
        guard !isReleased else { return }
        isReleased = true
        await memory.letGo(name)
    }
}
