import EnvironmentDomain
import OperatingSystem
import Synchronization

/// The warning that a folder is on a network or user-space file system, once for each file system in a process.
///
/// There the lock is the server's, and a client that was cut off can lose it without a word; that every save compares
/// what is stored with what it last saw is what keeps a late writer from overwriting.
enum NetworkFileSystem {
    private static let known = Mutex<Set<UInt64>>([])

    static func notice(_ folder: Folder) {
        guard let name = folder.networkFileSystem else { return }
        notice(name, device: (try? folder.status().device) ?? 0, path: folder.path)
    }

    static func notice(_ name: String, device: UInt64, path: String) {
        guard known.withLock({ $0.insert(device).inserted }) else { return }
        EnvironmentLog.log(
            .warning,
            "the folder is on a network or user-space file system, where locks are not as sure as on a local disk",
            ["path": path, "file_system": name])
    }
}
