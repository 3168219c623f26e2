import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A path in the system's temporary folder for files of this process, which are removed with this object, or when the
/// process exits before that.
///
/// The folder itself is not made: whoever writes there first makes it. A process that is killed leaves it behind.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// The paths of this process; nil before the first.
    private static let paths = Mutex<Set<String>?>(nil)

    /// - Parameter name: a name that nothing else has, such as one with random digits.
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
        // There is nobody left who could be told.
        try? Folder(parentPath(of: path) ?? "/").removeTree(lastComponent(of: path))
    }
}
