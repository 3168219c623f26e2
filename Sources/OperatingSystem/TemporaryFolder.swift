import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A path in the system's temporary folder for files of this process.
///
/// The folder is removed with this object, or when the process exits before. This type does not create the folder; the
/// first writer does. A process that is killed leaves it behind.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// The paths of this process; `nil` before the first one.
    private static let paths = Mutex<Set<String>?>(nil)

    /// Creates a path.
    ///
    /// - Parameter name: A unique name, for example one with random digits.
    package init(name: String) {
        let path = "\(ThisProcess.temporaryFolder)/\(name)"
        self.path = path
        Self.paths.withLock { paths in
            if paths == nil { atexit { TemporaryFolder.removeAll() } }
            paths = (paths ?? []).union([path])
        }
    }

    deinit {
        Self.remove(path)
        Self.paths.withLock { [path] paths in _ = paths?.remove(path) }
    }

    private static func removeAll() {
        for path in paths.withLock({ $0 ?? [] }) { remove(path) }
    }

    private static func remove(_ path: String) {
        // The process is ending, so that nothing can report an error.
        try? Folder(parentPath(of: path) ?? "/").removeTree(lastComponent(of: path))
    }
}
