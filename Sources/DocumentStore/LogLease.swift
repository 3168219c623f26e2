package import OperatingSystem
import Synchronization

/// The lock of a document, held, and the only way to its log.
///
/// Every call blocks the thread that makes it: a command enters ``withBlockingThread(_:)`` once. Several threads may share
/// a lease.
package final class LogLease: Sendable {
    package let place: DocumentPlace
    package let folder: Folder
    private let lock: FileLock
    private let checkpoint: CheckpointWriter
    private let log: @Sendable (StoreEvent) -> Void
    private let takenAt = ContinuousClock.now
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var log: OpenLog?
        var evidence: Evidence
        var isReleased = false
        /// Whether the record stays behind, so that the next holder writes the log into a new file.
        var isDoubtful = false
    }

    /// Waits for the lock, says in its record who holds it, and cleans up what an earlier holder left behind.
    ///
    /// - Parameters:
    ///   - folder: the folder of the place, as ``makeFolder(_:_:)`` returns it.
    ///   - record: the JSON object that says who holds the lock, for people.
    ///   - timeout: how long to wait; zero tries once.
    ///   - log: is told what happens, on whatever thread that is.
    package static func acquire(
        _ place: DocumentPlace, in folder: Folder, record: [UInt8], timeout: Duration,
        log: @escaping @Sendable (StoreEvent) -> Void
    ) async throws(StoreError) -> LogLease {
        let lock = try await DocumentLock.acquire(place, in: folder, isShared: false, timeout: timeout, log)
        do {
            return try LogLease(place, folder, lock, record: record, log)
        } catch {
            try? lock.release()
            throw error
        }
    }

    /// Opens the folder of a place, and makes it when it is missing.
    package static func makeFolder(
        _ place: DocumentPlace, _ log: (StoreEvent) -> Void
    ) throws(StoreError) -> Folder {
        do {
            let folder = try Folder.making(place.path)
            if let system = folder.networkFileSystem {
                log(.onNetworkFileSystem(system, device: (try? folder.status().device) ?? 0))
            }
            return folder
        } catch {
            throw StoreError(
                .cannotOpenFolder,
                "The folder \(place.path) cannot be made or opened: \(error.reason). "
                    + "Check that it is a folder and that \(ThisProcess.userName) may write to it.",
                path: place.path, cause: error)
        }
    }

    private init(
        _ place: DocumentPlace, _ folder: Folder, _ lock: FileLock, record: [UInt8],
        _ log: @escaping @Sendable (StoreEvent) -> Void
    ) throws(StoreError) {
        self.place = place
        self.folder = folder
        self.lock = lock
        self.log = log
        checkpoint = CheckpointWriter(folder, lock) { message, error, path in
            log(.failed(message, path: path, error))
        }
        let earlier = DocumentLock.record(lock.file)
        DocumentLock.write(record, to: lock, log)
        if let earlier { log(.lockTakenOver(record: earlier)) }
        log(.lockAcquired)
        Self.removeTemporaryFiles(in: folder, log)
        Self.tightenModes(in: folder, of: place, log)
        let evidence = try place.evidence(in: folder, isHeldHere: true)
        var opened: OpenLog?
        if case .whole = evidence.log {
            do throws(SystemError) {
                opened = try Self.open(place, folder, isRewritten: earlier != nil, log)
            } catch {
                throw place.writeError(error)
            }
        }
        state = Mutex(State(log: opened, evidence: evidence))
        if case .stored(let line, nil) = Standing(evidence) {
            switch evidence.checkpoint {
            case .older, .missing:
                checkpoint.put(line)
                log(.checkpointRefreshed(serial: line.serial))
            default: break
            }
        }
    }

    /// Opens a log that ends with a whole line; what a crash left behind that line is blanked.
    private static func open(
        _ place: DocumentPlace, _ folder: Folder, isRewritten: Bool, _ log: (StoreEvent) -> Void
    ) throws(SystemError) -> OpenLog? {
        let file = try folder.open(DocumentPlace.logName, .readWrite)
        let tail = try LogTail(file)
        guard let newest = tail.newest else { return nil }
        if tail.remainder == .torn || tail.isUnterminated {
            log(.tornLineBlanked)
            let blanks = [UInt8](repeating: 32, count: max(0, tail.size - tail.end))
            try file.overwrite([UInt8(ascii: "\n")] + blanks, at: tail.end - 1)
        }
        let states = place.retention.statesPerFile == nil && !isRewritten ? nil : try count(file)
        guard isRewritten else { return try OpenLog(folder, file, newest: newest, end: tail.end, states: states) }
        // The page cache may hold what the disk does not.
        let text = try file.read(limit: tail.end - 1)
        log(.logRewritten(serial: newest.serial))
        return try OpenLog(folder, beginningWith: text, newest: newest, states: states, keepingOld: false)
    }

    private static func count(_ file: borrowing OpenFile) throws(SystemError) -> Int {
        var states = 0
        do {
            _ = try LogReader.forEachLine(of: file, named: DocumentPlace.logName) { _ in
                states += 1
                return true
            }
        } catch let error as SystemError {
            throw error
        } catch {
            preconditionFailure("nothing else is thrown")
        }
        return states
    }

    /// The last resort for a lease that was dropped: the lock is free, and the next holder does not take this one for dead.
    deinit { release() }

    // MARK: What is stored

    /// All that was found when the lease was taken, and what it has saved since.
    package var evidence: Evidence { state.withLock { $0.evidence } }

    /// The answer to what is stored and whether it is the newest.
    package var standing: Standing { Standing(evidence) }

    /// The newest line of the log; `nil` when none is whole.
    package var newest: LogLine? { state.withLock { $0.log?.newest } }

    // MARK: Saving

    /// Puts a line with these members behind all others: once it returns, the save survives a crash and a power cut.
    ///
    /// - Parameters:
    ///   - object: the members of the save, a compact JSON object.
    ///   - lineage: that of a document that is saved for the first time.
    ///   - serial: the least serial of the line.
    /// - Throws: ``StoreError``; with `durabilityUnknown` the line is in place, and the lease takes no further save.
    package func append(
        _ object: [UInt8], lineage: String, atLeast serial: Int = 1
    ) throws(StoreError) -> LogLine {
        let place = place
        return try changing { (state) throws(StoreError) in
            let before = state.log?.newest
            let line = LogLine(
                serial: max(serial, (before?.serial ?? 0) + 1), lineage: before?.lineage ?? lineage,
                previous: before?.checksum,
                object: object)
            guard before != nil else {
                guard case .nothing = Standing(state.evidence) else {
                    throw error(.changed("is damaged or missing"))
                }
                try begin(&state, with: line, keepingOld: false)
                return line
            }
            try obstructed { () throws(OpenLog.Obstacle) in try state.log?.check() }
            if state.log?.isFull(for: line.bytes.count, place.retention) == true {
                try begin(&state, with: line, keepingOld: true)
                log(.logRotated(serial: line.serial))
                let (folder, place, log) = (folder, place, log)
                checkpoint.later { Self.trim(place, folder, log) }
            } else {
                try obstructed { () throws(OpenLog.Obstacle) in try state.log?.append(line) }
                try confirm(&state, line)
            }
            return line
        }
    }

    /// Begins the log anew with a line of another place: a recovered record, a migrated or upgraded document.
    ///
    /// - Parameters:
    ///   - line: what is stored from then on.
    ///   - older: lines before it, checked or not, the oldest first; they become the newest rotated file.
    ///   - mark: what the name of a log that is damaged gets at its end.
    package func begin(with line: LogLine, older: [[UInt8]] = [], settingAside mark: String) throws(StoreError) {
        try changing { (state) throws(StoreError) in
            try writing { () throws(SystemError) in
                try setAside(mark, isDamaged: older.isEmpty)
                if !older.isEmpty { try LogRotation.put(older, in: folder) }
            }
            try begin(&state, with: line, keepingOld: false)
        }
    }

    /// Writes the newest line as the checkpoint, whatever is there.
    package func refreshCheckpoint() throws(StoreError) {
        try changing { (state) throws(StoreError) in
            if let newest = state.log?.newest { checkpoint.put(newest) }
            state.evidence.checkpoint = .current
        }
    }

    private func begin(
        _ state: inout State, with line: LogLine, keepingOld: Bool
    ) throws(StoreError) {
        let isFirst = state.log == nil
        if let (available, block) = (try? folder.space()) ?? nil {
            let needed = (line.bytes.count + block) / block * block
            if available < needed { throw error(.noSpace(available: available, needed: needed)) }
        }
        try writing { () throws(SystemError) in
            state.log = try OpenLog(
                folder, beginningWith: line.bytes, newest: line, states: 1, keepingOld: keepingOld)
        }
        // Whoever made this folder may have been killed before its own entry was durable.
        let parent = isFirst ? parentPath(of: folder.path) : nil
        try confirm(&state, line, isNamed: parent == nil || (try? Folder(parent ?? "/").synchronize()) != nil)
    }

    private func writing<Result>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
        do {
            return try body()
        } catch {
            throw place.writeError(error)
        }
    }

    private func obstructed(_ body: () throws(OpenLog.Obstacle) -> Void) throws(StoreError) {
        do {
            try body()
        } catch {
            throw self.error(error)
        }
    }

    /// Makes a line that was written the stored one, unless the system could not confirm that it is durable.
    private func confirm(_ state: inout State, _ line: LogLine, isNamed: Bool = true) throws(StoreError) {
        state.evidence.log = .whole(line)
        state.evidence.earlier = nil
        state.evidence.checkpoint = .older
        guard isNamed, state.log?.isDoubtful == false else {
            state.isDoubtful = true
            throw StoreError(
                .durabilityUnknown,
                "The new state of \(place.name) is in place in \(place.logPath), and the system could not confirm that it "
                    + "survives a power cut. Check the disk, and run the command again.", path: place.logPath)
        }
        checkpoint.put(line, isFirst: line.previous == nil)
        log(.saved(serial: line.serial))
    }

    /// Runs a change after making sure that it may be made.
    private func changing<Result>(
        _ body: (inout State) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try state.withLock { (state) throws(StoreError) in
            guard !state.isReleased else {
                throw StoreError(
                    .lockLost, "The lease of \(place.name) was released; nothing was changed.", path: place.lockPath)
            }
            guard !state.isDoubtful else {
                throw StoreError(
                    .durabilityUnknown,
                    "An earlier save of \(place.name) could not be confirmed, so nothing more was saved. Check the disk, "
                        + "and run the command again.", path: place.logPath)
            }
            try checkLock()
            do throws(SystemError) {
                try folder.checkWritable()
            } catch {
                throw place.writeError(error, error.isNotPermitted ? .notWritable : .cannotWrite)
            }
            return try body(&state)
        }
    }

    private func checkLock() throws(StoreError) {
        do {
            if try lock.isStillNamed() { return }
        } catch {
            throw place.writeError(error)
        }
        throw StoreError(
            .lockLost,
            "The lock file of \(place.name) was removed or replaced while this process held it, so another process may "
                + "be at work. Nothing was saved. Find out who removed \(place.lockPath), and run the command again.",
            path: place.lockPath)
    }

    private func error(_ obstacle: OpenLog.Obstacle) -> StoreError {
        switch obstacle {
        case .system(let error): place.writeError(error)
        case .notWritable(let error): place.writeError(error, .notWritable)
        case .changed(let how):
            StoreError(
                .conflict,
                "\(place.logPath) \(how) while this process held its lock. That change was left as it is and nothing was "
                    + "saved. Compare it with what you expect, and run the command again.", path: place.logPath)
        case .noSpace(let available, let needed):
            StoreError(
                .insufficientSpace(available: available, needed: needed),
                "The state of \(place.name) could not be saved: No space left on device: it needs \(needed) bytes, and "
                    + "the disk of \(place.path) has \(available) left. What was stored before is untouched. Free some "
                    + "space on its disk, and run the command again.", path: place.logPath)
        }
    }

    private static func trim(_ place: DocumentPlace, _ folder: Folder, _ log: (StoreEvent) -> Void) {
        do {
            try LogRotation.trim(in: folder, to: place.retention.totalSize, isLasting: place.isLasting)
        } catch let error as SystemError {
            log(.failed("older files of the log could not be trimmed", path: place.path, error))
        } catch {
            preconditionFailure("nothing else is thrown: \(error)")
        }
    }

    // MARK: The end

    /// Says in the lock's record what is being done, for people who wait.
    package func note(_ record: [UInt8]) {
        state.withLock { if !$0.isReleased { DocumentLock.write(record, to: lock, log) } }
    }

    /// Gives the checkpoint, or everything of the document but the lock, a free name that ends in `.bak`, or after that in
    /// `.bak.2` and so on; a checkpoint is written again.
    ///
    /// - Returns: the paths of what was renamed.
    package func setAside(everything: Bool) throws(StoreError) -> [String] {
        try changing { (state) throws(StoreError) in
            checkpoint.forget()
            var paths: [String] = []
            try writing { () throws(SystemError) in
                var names = [DocumentPlace.checkpointName]
                if everything { names += try LogReader(folder).names() + ["backups"] }
                for name in names where try folder.identity(of: name) != nil {
                    var aside = "\(name).bak"
                    var number = 1
                    while try folder.identity(of: aside) != nil {
                        number += 1
                        aside = "\(name).bak.\(number)"
                    }
                    try folder.rename(name, to: aside)
                    paths.append(folder.path(of: aside))
                }
                try folder.synchronize()
            }
            if everything {
                state.log = nil
                state.evidence = Evidence(log: .missing, checkpoint: .missing)
            } else {
                if let newest = state.log?.newest { checkpoint.put(newest) }
                state.evidence.checkpoint = .current
            }
            return paths
        }
    }

    /// Removes the document and everything that a store makes but the lock file; the log comes last, so that what a crash
    /// leaves is still known.
    ///
    /// - Parameter names: other names in the folder that belong to the document.
    package func removeAll(_ names: [String]) throws(StoreError) {
        try changing { (state) throws(StoreError) in
            checkpoint.forget()
            state.log = nil
            do throws(SystemError) {
                for name in try folder.names()
                where name != DocumentPlace.lockName && name != DocumentPlace.logName
                    && (DocumentPlace.isOwn(name) || names.contains(name))
                {
                    try folder.removeTree(name)
                }
                try folder.synchronize()
                try folder.removeTree(DocumentPlace.logName)
                try folder.synchronize()
            } catch {
                throw StoreError(
                    .cannotRemove,
                    "Not everything of \(place.name) could be removed: \(error). Repair that, and remove it again.",
                    path: place.path, cause: error)
            }
            state.evidence = Evidence(log: .missing, checkpoint: .missing)
        }
    }

    /// Writes the checkpoint and frees the lock.
    ///
    /// The second time does nothing.
    package func release() {
        let isDoubtful: Bool? = state.withLock { state in
            guard !state.isReleased else { return nil }
            state.isReleased = true
            state.log = nil
            return state.isDoubtful
        }
        guard let isDoubtful else { return }
        checkpoint.finish()
        // An empty record says that the holder ended in order.
        if !isDoubtful { DocumentLock.clear(lock, log) }
        do {
            try lock.release()
        } catch {
            log(.failed("the lock could not be freed before its file is closed", path: place.lockPath, error))
        }
        log(.lockReleased(held: ContinuousClock.now - takenAt))
    }
}
