public import EnvironmentDomain
import OperatingSystem

/// Keeps environments in this process's memory, with the leases, rules and errors of a lasting repository: for tests and
/// trials.
///
/// Tasks that wait for a lease get it in the order of asking.
public final class InMemoryEnvironmentRepository: LoggedRepository {
    public let lockTimeout: Duration
    public let metrics = WriteMetrics()
    /// `nil`: what is lost with the process needs no record.
    public let emergencyRecords: EmergencyRecords? = nil
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

    public var location: String { "memory" }

    public func source(of name: EnvironmentName) -> any LogSource {
        MemoryLog(name: name, memory: memory, workspace: workspace(for: name))
    }

    /// Reads what is stored; in memory that cannot fail.
    public func load(_ name: EnvironmentName) async -> StoredEnvironment? {
        await memory.lines[name]?.last.flatMap { try? $0.environment() }
    }

    public func exists(_ name: EnvironmentName) async -> Bool { await memory.lines[name] != nil }

    public func names() async -> [EnvironmentName] { await memory.lines.keys.sorted() }

    public func holder(of name: EnvironmentName) async -> LeaseHolder? { await memory.holders[name] }

    /// `nil`: a holder in this process cannot end without this repository.
    public func abandoned(_ name: EnvironmentName) async -> LeaseHolder? { nil }

    public func examine(_ name: EnvironmentName) async -> [Finding] { [] }

    public func workspace(for name: EnvironmentName) -> Workspace {
        Workspace(root: workspaceRoot.appending(name))
    }

    /// The number of tasks that wait for the lease of an environment.
    func waiting(for name: EnvironmentName) async -> Int { await memory.waiting[name]?.count ?? 0 }
}
