import Dispatch
import OperatingSystem
import Synchronization

/// Keeps `state.json`, the newest line as a file of its own for people and other programs, up to date.
///
/// At most ten times a second while a command works, on a thread of its own, and before the lease is released: the log is
/// what is stored, so no save waits for it. The file is replaced as a whole and is complete on the disk before it has its
/// name, since an unsynced rename leaves an empty file after a power cut.
final class CheckpointWriter: Sendable {
    private static let pause = DispatchTimeInterval.milliseconds(100)

    private let folder: Folder
    private let lock: FileLock
    private let warn: @Sendable (String, SystemError, String) -> Void
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "checkpoint")

    private struct State {
        var newest: LogLine?
        var isScheduled = false
        var isClosed = false
    }

    init(_ folder: Folder, _ lock: FileLock, warn: @escaping @Sendable (String, SystemError, String) -> Void) {
        self.folder = folder
        self.lock = lock
        self.warn = warn
    }

    /// Sees to it that the line will be the checkpoint, unless a newer one comes first.
    ///
    /// - Parameter isFirst: whether there is none yet, so that it is not waited for.
    func put(_ line: LogLine, isFirst isUrgent: Bool = false) {
        let isFirst = state.withLock { state in
            state.newest = line
            defer { state.isScheduled = true }
            return !state.isScheduled && !state.isClosed
        }
        guard isFirst else { return }
        queue.asyncAfter(deadline: isUrgent ? .now() : .now() + Self.pause) { self.write() }
    }

    /// Writes nothing of what was put so far; nothing is being written when it returns.
    func forget() {
        state.withLock { $0.newest = nil }
        queue.sync {}
    }

    /// Does work that may take long behind the checkpoint's back.
    func later(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    /// Writes what is not written yet, and returns when nothing is at work any more.
    func finish() {
        state.withLock { $0.isClosed = true }
        queue.sync { write() }
    }

    private func write() {
        let line = state.withLock { state in
            state.isScheduled = false
            defer { state.newest = nil }
            return state.newest
        }
        guard let line else { return }
        do throws(SystemError) {
            // Without the lock somebody else may have a newer one.
            guard try lock.isStillNamed() else { return }
            try Self.replace(in: folder, with: line.pretty)
        } catch {
            warn("the checkpoint could not be written; the next lease writes it", error, folder.path)
        }
    }

    private static func replace(in folder: Folder, with bytes: [UInt8]) throws(SystemError) {
        let temporary = ".\(DocumentPlace.checkpointName).\(UInt32.random(in: .min ... .max)).tmp"
        do throws(SystemError) {
            let file = try folder.open(temporary, .createNew)
            try file.overwrite(bytes)
            try file.synchronize()
            try file.close()
            try folder.rename(temporary, to: DocumentPlace.checkpointName)
        } catch {
            _ = try? folder.remove(temporary)
            throw error
        }
    }
}
