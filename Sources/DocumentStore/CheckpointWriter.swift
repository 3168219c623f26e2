import Dispatch
import OperatingSystem
import Synchronization

/// Keeps `state.json`, the newest line as a file of its own for people and other programs, up to date.
///
/// It writes at most ten times a second while a command works, on a thread of its own, and before the lease is released:
/// the log is what is stored, so no save waits for it. The file is replaced as a whole and is complete on the disk before it
/// has its name, since an unsynced rename leaves an empty file after a power cut. What a person made of the file is never
/// replaced.
final class CheckpointWriter: Sendable {
    private static let pause = DispatchTimeInterval.milliseconds(100)
    private static let name = DocumentPlace.checkpointName

    private let folder: Folder
    private let lock: FileLock
    private let log: @Sendable (StoreEvent) -> Void
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "checkpoint")

    private struct State {
        /// What is in the file now, unless a person changed it; `nil` for nothing.
        var known: [UInt8]?
        var newest: LogLine?
        var isScheduled = false
        var isClosed = false
    }

    init(_ folder: Folder, _ lock: FileLock, _ log: @escaping @Sendable (StoreEvent) -> Void) {
        self.folder = folder
        self.lock = lock
        self.log = log
    }

    /// Tells what was found in the file and needs no decision.
    func mayReplace(_ found: [UInt8]?) { state.withLock { $0.known = found } }

    /// Sees to it that the line will be the checkpoint, unless a newer one comes first.
    ///
    /// - Parameter isUrgent: whether to write at once, since there is none yet.
    func put(_ line: LogLine, isUrgent: Bool = false) {
        let isFirst = state.withLock { state in
            state.newest = line
            defer { state.isScheduled = true }
            return !state.isScheduled && !state.isClosed
        }
        guard isFirst else { return }
        // Once the lease is released, nothing keeps the folder open until the pause is over.
        queue.asyncAfter(deadline: isUrgent ? .now() : .now() + Self.pause) { [weak self] in self?.write() }
    }

    /// Gives a file that is not what was written another name.
    ///
    /// - Returns: its new path; `nil` when the file is as it was written, or is not there.
    func setAsideChanged() throws(SystemError) -> String? {
        let aside = queue.sync { () -> Result<String?, SystemError> in
            Result { () throws(SystemError) in
                try isKnown() ? nil : folder.setAside(Self.name)
            }
        }
        return try aside.get()
    }

    /// Writes nothing of what was put so far; nothing is being written when it returns.
    func forget() {
        queue.sync { state.withLock { $0.newest = nil } }
    }

    /// Returns when nothing that was given to ``later(_:)`` is at work any more.
    func settle() { queue.sync {} }

    /// Does work that may take long on the thread of its own.
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
        let path = folder.path(of: Self.name)
        do throws(SystemError) {
            // Without the lock, another process may have a newer one.
            guard try lock.isStillNamed() else { return }
            let text = line.pretty
            // Looked at last: writing the new file may take long, and somebody may change the old one meanwhile.
            guard try folder.put(text, at: Self.name, isNameDurable: false, if: isKnown) else {
                log(.failed("the checkpoint was changed while a command worked and is left as it is", path: path, nil))
                return
            }
            state.withLock { $0.known = text }
            log(.checkpointWritten(serial: line.serial))
        } catch {
            log(.failed("the checkpoint could not be written; the next lease writes it", path: path, error))
        }
    }

    /// Whether there is no file, or one that holds what was written or found there.
    private func isKnown() throws(SystemError) -> Bool {
        guard let found = try folder.identity(of: Self.name) else { return true }
        guard let known = state.withLock({ $0.known }), found.kind == .regular, found.size == known.count else {
            return false
        }
        return areSame(try folder.open(Self.name, .read).read(), known)
    }
}
