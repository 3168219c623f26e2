import DocumentStore
import EnvironmentDomain
import OperatingSystem

/// The log of one environment in this process's memory.
struct MemoryLog: LogSource {
    let name: EnvironmentName
    let memory: Memory
    let workspace: Workspace

    var location: String { "\(name) in memory" }

    func newestLine() async -> LogLine? { await memory.lines[name]?.last }

    func evidence() async -> Evidence { await memory.evidence(of: name) }

    func forEachLine(_ body: (LogText) throws(RepositoryError) -> Bool) async throws(RepositoryError) {
        let lines = await memory.lines[name] ?? []
        for (number, line) in lines.enumerated() {
            guard try body(LogText(place: "memory", number: number + 1, bytes: line.bytes)) else { return }
        }
    }

    func recoverable() async -> [Evidence.Record] { [] }

    func hold(_ holder: LeaseHolder, timeout: Duration) async throws(RepositoryError) -> any HeldLog {
        switch await memory.hold(name, for: holder, timeout: timeout) {
        case .held:
            return MemoryHeldLog(name: name, memory: memory, workspace: workspace)
        case .cancelled:
            throw RepositoryError(.cancelled, "Stopped while waiting for \(name); nothing was changed.")
        case .timedOut(let other):
            throw RepositoryError(
                .lockAcquisitionFailed,
                "Failed to acquire lock for environment: \(name), held by \(other) (waited \(timeout.seconds) s). "
                    + "Wait until it ends.", holder: other)
        }
    }
}

private actor MemoryHeldLog: HeldLog {
    private let name: EnvironmentName
    private let memory: Memory
    private let workspace: Workspace
    private var isReleased = false

    init(name: EnvironmentName, memory: Memory, workspace: Workspace) {
        self.name = name
        self.memory = memory
        self.workspace = workspace
    }

    /// The last resort for a lease that was dropped.
    deinit {
        guard !isReleased else { return }
        Task { [name, memory] in await memory.release(name) }
    }

    var evidence: Evidence { get async { await memory.evidence(of: name) } }

    func append(
        _ object: [UInt8], lineage: Lineage, atLeast serial: Int
    ) async throws(RepositoryError) -> LogLine {
        try checkHeld()
        return await memory.append(object, lineage: lineage, atLeast: serial, to: name)
    }

    func begin(with line: LogLine, older: [[UInt8]]) async throws(RepositoryError) {
        try checkHeld()
        await memory.put(older.compactMap { LogLine($0) } + [line], for: name)
    }

    func refreshCheckpoint() async {}

    func note(_ holder: LeaseHolder) async { if !isReleased { await memory.note(holder, for: name) } }

    func remove(keepingFiles: Bool) async throws(RepositoryError) {
        try checkHeld()
        guard !keepingFiles else { return await memory.put([], for: name) }
        try await workspace.removeFiles(of: name) { [name, memory] in await memory.put([], for: name) }
    }

    func release() async {
        guard !isReleased else { return }
        isReleased = true
        await memory.release(name)
    }

    private func checkHeld() throws(RepositoryError) {
        guard !isReleased else {
            throw RepositoryError(.lockLost, "The lease of \(name) was released; nothing was changed.")
        }
    }
}

/// The logs of all environments, and who waits for which.
actor Memory {
    private(set) var lines: [EnvironmentName: [LogLine]] = [:]
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

    func evidence(of name: EnvironmentName) -> Evidence {
        let newest = lines[name]?.last
        return Evidence(log: newest.map { .whole($0) } ?? .missing, checkpoint: newest == nil ? .missing : .current)
    }

    func append(
        _ object: [UInt8], lineage: Lineage, atLeast serial: Int, to name: EnvironmentName
    ) -> LogLine {
        let line = LogLine(after: lines[name]?.last, lineage: lineage.text, atLeast: serial, object: object)
        lines[name, default: []].append(line)
        return line
    }

    func put(_ lines: [LogLine], for name: EnvironmentName) { self.lines[name] = lines.isEmpty ? nil : lines }

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
    func release(_ name: EnvironmentName) {
        if waiting[name]?.isEmpty ?? true {
            holders[name] = nil
            waiting[name] = nil
        } else if let next = waiting[name]?.removeFirst() {
            holders[name] = next.holder
            next.end.resume(returning: .held)
        }
    }

    func note(_ holder: LeaseHolder, for name: EnvironmentName) {
        if holders[name]?.lockID == holder.lockID { holders[name] = holder }
    }
}
