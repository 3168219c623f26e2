public import DocumentStore
public import EnvironmentDomain
import OperatingSystem

/// Keeps each environment in a folder of its own, `<data folder>/<name>/`, for one host with several processes.
///
/// Different environments never wait for each other. All files are readable by their owner only, whatever the umask.
public struct FileEnvironmentRepository: LoggedRepository {
    /// The absolute path of the folder that holds the environments' folders.
    public let dataFolder: AbsolutePath
    public private(set) var lockTimeout: Duration
    public let metrics: WriteMetrics
    public let emergencyRecords: EmergencyRecords?
    /// How much of each environment's past is kept.
    public let retention: LogRetention
    /// The level at which the log tells what happens in order.
    public let routineLogLevel: LogLevel

    /// Describes a repository; nothing is opened or made yet.
    ///
    /// - Parameters:
    ///   - dataFolder: the folder for the environments' folders; made with mode 0700 when the first is saved. A
    ///     relative path starts at the current folder.
    ///   - lockTimeout: how long to wait for another command on the same environment; zero tries once.
    ///   - retention: how much of each environment's past is kept.
    ///   - emergencyFolder: where a state goes that cannot be saved; `nil` for the user's state folder.
    ///   - routineLogLevel: the level at which the log tells what happens in order: a lock taken and released, a save, a
    ///     checkpoint.
    /// - Throws: `InvalidValue` when the path cannot be one.
    public init(
        dataFolder: String, lockTimeout: Duration = .seconds(10), retention: LogRetention = LogRetention(),
        emergencyFolder: String? = nil, routineLogLevel: LogLevel = .debug
    ) throws(InvalidValue) {
        if let emergencyFolder { _ = try AbsolutePath(resolving: emergencyFolder) }
        self.dataFolder = try AbsolutePath(resolving: dataFolder)
        self.lockTimeout = lockTimeout
        self.retention = retention
        self.routineLogLevel = routineLogLevel
        metrics = WriteMetrics()
        emergencyRecords = EmergencyRecords(folder: emergencyFolder)
    }

    /// The same repository with another lock timeout.
    public func withLockTimeout(_ timeout: Duration) -> FileEnvironmentRepository {
        var copy = self
        copy.lockTimeout = timeout
        return copy
    }

    public var location: String { dataFolder.text }

    public func workspace(for name: EnvironmentName) -> Workspace {
        Workspace(root: dataFolder.appending(name))
    }

    public func source(of name: EnvironmentName) -> any LogSource { files(name) }

    func files(_ name: EnvironmentName) -> FileLog<AnyEnvironmentState> {
        FileLog(
            path: workspace(for: name).root.text, name: name.text, format: EnvironmentDocument.format,
            retention: retention, workspace: workspace(for: name), emergencyRecords: emergencyRecords,
            routineLogLevel: routineLogLevel, isLasting: EnvironmentDocument.isLasting)
    }

    public func holder(of name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
        try await files(name).holder()
    }

    /// The holder that ended without releasing the environment; `nil` when there is none.
    ///
    /// The next lease cleans up what it left.
    public func abandoned(_ name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder? {
        try await files(name).abandoned()
    }

    /// Whether the data folder is there, or something is in its place; false when nothing was ever saved.
    public var hasDataFolder: Bool {
        do {
            _ = try Folder(dataFolder.text)
            return true
        } catch {
            // What else is wrong with it, reading it says in full.
            return !error.isNotFound
        }
    }

    public func names() async throws(RepositoryError) -> [EnvironmentName] {
        do {
            return try await withBlockingThread { () async throws(SystemError) in
                let folder = try Folder(dataFolder.text)
                var names: [EnvironmentName] = []
                for entry in try folder.names() {
                    guard let name = try? EnvironmentName(entry), try folder.identity(of: entry)?.kind != .regular,
                        files(name).hasTraces
                    else { continue }
                    names.append(name)
                }
                return names
            }
        } catch {
            if error.isNotFound { return [] }
            throw RepositoryError(
                .readStateFailed, "The data folder \(dataFolder) cannot be read: \(error.reasonAndWayOut())",
                path: dataFolder.text,
                cause: error)
        }
    }
}
