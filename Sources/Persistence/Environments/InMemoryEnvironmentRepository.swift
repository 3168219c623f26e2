public import EnvironmentDomain
import OperatingSystem

/// Keeps environments in this process's memory, with the leases and errors of a lasting repository: for tests and
/// trials.
public final class InMemoryEnvironmentRepository: EnvironmentRepository {
    public let lockTimeout: Duration
    private let workspaceRoot: AbsolutePath
    private let memory = Memory()

    /// Makes an empty repository.
    ///
    /// - Parameters:
    ///   - workspaceRoot: the folder for the environments' working files; nil for a new one in the temporary folder,
    ///     which is not made before something is written there.
    ///   - lockTimeout: how long to wait for another task that holds the same environment.
    public init(workspaceRoot: AbsolutePath? = nil, lockTimeout: Duration = .seconds(10)) throws(InvalidValue) {
        self.lockTimeout = lockTimeout
        if let workspaceRoot {
            self.workspaceRoot = workspaceRoot
        } else {
            let temporary = ThisProcess.variable("TMPDIR") ?? "/tmp"
            self.workspaceRoot = try AbsolutePath(absolutePath("\(temporary)/environments-\(LockID.random())"))
        }
    }

    public func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        let holder = LeaseHolder.thisProcess(command: command, run: run)
        let deadline = ContinuousClock.now + lockTimeout
        let cancelled = RepositoryError(.cancelled, "Stopped while waiting for \(name); nothing was changed.")
        guard !Task.isCancelled else { throw cancelled }
        while let other = await memory.hold(name, for: holder) {
            guard ContinuousClock.now < deadline else {
                throw RepositoryError(
                    .lockAcquisitionFailed,
                    "Failed to acquire lock for environment: \(name), held by \(other) (waited \(lockTimeout.seconds) s). "
                        + "Wait until it ends.", holder: other)
            }
            do {
                try await Task.sleep(for: .milliseconds(5))
            } catch {
                throw cancelled
            }
        }
        return InMemoryLease(name: name, memory: memory)
    }

    public func load(_ name: EnvironmentName) async -> StoredEnvironment? { await memory.stored[name] }

    public func exists(_ name: EnvironmentName) async -> Bool { await memory.stored[name] != nil }

    public func names() async -> [EnvironmentName] { await memory.stored.keys.sorted() }

    public func holder(of name: EnvironmentName) async -> LeaseHolder? { await memory.holders[name] }

    public func workspace(for name: EnvironmentName) -> Workspace {
        Workspace(root: workspaceRoot.appending(name))
    }

    /// Every save of an environment since it was made, oldest first.
    public func history(of name: EnvironmentName) async -> [HistoryLine] { await memory.history[name] ?? [] }
}

private actor Memory {
    private(set) var stored: [EnvironmentName: StoredEnvironment] = [:]
    private(set) var history: [EnvironmentName: [HistoryLine]] = [:]
    private(set) var holders: [EnvironmentName: LeaseHolder] = [:]

    /// Takes the lock; otherwise gives its holder.
    func hold(_ name: EnvironmentName, for holder: LeaseHolder) -> LeaseHolder? {
        if let other = holders[name] { return other }
        holders[name] = holder
        return nil
    }

    func letGo(_ name: EnvironmentName) { holders[name] = nil }

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
    private let memory: Memory
    private var isReleased = false

    init(name: EnvironmentName, memory: Memory) {
        self.name = name
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
        await memory.delete(name)
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
