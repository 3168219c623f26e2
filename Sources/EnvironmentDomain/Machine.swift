import Synchronization

/// The services of the machine that this module needs, because it makes no system calls itself.
///
/// The module `EnvironmentHost` provides them when a program is loaded; the product `EnvironmentDomain` contains both
/// modules.
package struct Machine: Sendable {
    /// Returns the time of the system's clock, in milliseconds since 1970.
    let millisecondsSince1970: @Sendable () -> Int64
    /// Returns the absolute form of a path; a relative one starts at the current folder.
    let absolutePath: @Sendable (String) throws(InvalidValue) -> String
    /// Writes a text to standard error.
    let writeError: @Sendable (String) -> Void
    /// Runs work on a thread that may block.
    let onBlockingThread: @Sendable (() async throws -> Void) async throws -> Void

    package init(
        millisecondsSince1970: @escaping @Sendable () -> Int64,
        absolutePath: @escaping @Sendable (String) throws(InvalidValue) -> String,
        writeError: @escaping @Sendable (String) -> Void,
        onBlockingThread: @escaping @Sendable (() async throws -> Void) async throws -> Void
    ) {
        self.millisecondsSince1970 = millisecondsSince1970
        self.absolutePath = absolutePath
        self.writeError = writeError
        self.onBlockingThread = onBlockingThread
    }

    private static let provided = Mutex<Machine?>(nil)

    /// Sets the machine of the whole process.
    package static func provide(_ machine: Machine) { provided.withLock { $0 = machine } }

    static var current: Machine {
        guard let machine = provided.withLock(\.self) else {
            trap("EnvironmentDomain was linked without EnvironmentHost; depend on the product EnvironmentDomain")
        }
        return machine
    }
}
