package import OperatingSystem
import Synchronization

/// The lock of a document, held, and the only way to its log.
///
/// Every call blocks the thread that makes it, so it is made within ``withBlockingThread(_:)``. Several threads may share a
/// lease.
package final class LogLease: Sendable {
    package let place: DocumentPlace
    package let folder: Folder
    private let lock: FileLock
    private let checkpoint: CheckpointWriter
    private let log: @Sendable (StoreEvent) -> Void
    private let takenAt = ContinuousClock.now
    private let state: Mutex<State>
    /// The evidence for readers, who must not wait for the disk.
    private let shown: Mutex<Evidence>

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
        let earlier = DocumentLock.record(lock.file)
        do {
            return try LogLease(place, folder, lock, takenOverFrom: earlier, record: record, log)
        } catch {
            // This holder has changed nothing that the next one must rewrite.
            if earlier == nil { DocumentLock.clear(lock, log) }
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
                "The folder \(place.path) cannot be made or opened: \(error.reasonAndWayOut()) Nothing was changed.",
                path: place.path, cause: error)
        }
    }

    private init(
        _ place: DocumentPlace, _ folder: Folder, _ lock: FileLock, takenOverFrom earlier: [UInt8]?, record: [UInt8],
        _ log: @escaping @Sendable (StoreEvent) -> Void
    ) throws(StoreError) {
        self.place = place
        self.folder = folder
        self.lock = lock
        self.log = log
        DocumentLock.write(record, to: lock, log)
        if let earlier { log(.lockTakenOver(record: earlier)) }
        log(.lockAcquired)
        place.removeTemporaryFiles(in: folder, log)
        place.tightenModes(in: folder, log)
        let (evidence, tail) = try place.evidence(in: folder, isHeldHere: true)
        var opened: OpenLog?
        if let tail, case .whole(let newest) = evidence.log {
            do throws(SystemError) {
                opened = try OpenLog(place, folder, tail, newest: newest, isRewritten: earlier != nil, log)
            } catch {
                throw place.writeError(error)
            }
        }
        // The next lease writes it again: the record of the earlier holder's end stays.
        guard opened?.isDoubtful != true else {
            throw StoreError(
                .cannotWrite,
                "\(place.logPath) was written into a new file, because its last holder did not end in order, and the system "
                    + "could not confirm that it survives a power cut. Nothing was saved. Check the disk.",
                path: place.logPath)
        }
        state = Mutex(State(log: opened, evidence: evidence))
        shown = Mutex(evidence)
        checkpoint = CheckpointWriter(folder, lock, log)
        if evidence.checkpoint.isReplaceable { checkpoint.mayReplace(evidence.checkpointText) }
        switch (Standing(evidence), evidence.checkpoint) {
        case (.stored(let line, nil), .older), (.stored(let line, nil), .missing):
            checkpoint.put(line)
        default: break
        }
    }

    /// The last resort for a lease that was dropped: the lock is free, and the next holder does not take this one for dead.
    deinit { release() }

    /// All that was found when the lease was taken, and what it has saved since.
    package var evidence: Evidence { shown.withLock(\.self) }

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
        try changing { (state) throws(StoreError) in
            let before = state.log?.newest
            let line = LogLine(after: before, lineage: lineage, atLeast: serial, object: object)
            guard before != nil else {
                guard case .nothing = Standing(state.evidence) else { throw place.conflict("is damaged or missing") }
                try begin(&state, with: line, keepingOld: false)
                return line
            }
            try state.log?.check()
            if state.log?.isFull(for: line.bytes.count) == true {
                // Trimming works on files by their names, which the rotation changes.
                checkpoint.settle()
                try begin(&state, with: line, keepingOld: true)
                log(.logRotated(serial: line.serial))
                checkpoint.later { [place, folder, log] in OlderFiles.trim(place, in: folder, log) }
            } else {
                try state.log?.append(line)
                try confirm(&state, line)
            }
            return line
        }
    }

    /// Begins a new log with a line of another place: a recovered record, a migrated or upgraded document.
    ///
    /// - Parameters:
    ///   - line: what is stored from then on.
    ///   - older: lines before it, checked or not, the oldest first. Where the log of an earlier version is replaced, they
    ///     become the newest older file. Without them, a log that is damaged is kept under another name.
    package func begin(with line: LogLine, older: [[UInt8]] = []) throws(StoreError) {
        try changing { (state) throws(StoreError) in
            checkpoint.settle()
            var lines = [line.bytes]
            try writing { () throws(SystemError) in
                guard let found = try folder.identity(of: DocumentPlace.logName) else {
                    // In one file: a kill leaves all of it or nothing, and never an older file alone.
                    lines = older + lines
                    return
                }
                if older.isEmpty {
                    try folder.setAside(DocumentPlace.logName, isLinked: found.kind == .regular)
                } else {
                    try OlderFiles.put(older, in: folder)
                }
            }
            if let text = state.evidence.checkpointText {
                state.evidence.checkpoint = place.compare(text, with: line)
                if state.evidence.checkpoint.isReplaceable { checkpoint.mayReplace(text) }
            }
            try begin(&state, with: line, lines, keepingOld: false)
        }
    }

    /// - Parameter lines: the lines of the new file, of which `line` is the last; `nil` for that alone.
    private func begin(
        _ state: inout State, with line: LogLine, _ lines: [[UInt8]]? = nil, keepingOld: Bool
    ) throws(StoreError) {
        let isFirst = state.log == nil
        let lines = lines ?? [line.bytes]
        let text = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        try place.checkSpace(for: text.count + 1, in: folder)
        try writing { () throws(SystemError) in
            state.log = try OpenLog(
                place, folder, beginningWith: text, newest: line, states: lines.count, keepingOld: keepingOld)
        }
        // The process that made this folder may have been killed before the folder's own entry was durable.
        try confirm(&state, line, isNamed: !isFirst || (try? folder.synchronizeName()) != nil)
    }

    /// Makes a line that was written the stored one, unless the system could not confirm that it is durable.
    private func confirm(_ state: inout State, _ line: LogLine, isNamed: Bool = true) throws(StoreError) {
        state.evidence.log = .whole(line)
        state.evidence.earlier = nil
        // What is in doubt stays so until it is decided.
        if state.evidence.checkpoint.isReplaceable { state.evidence.checkpoint = .older }
        guard isNamed, state.log?.isDoubtful == false else {
            state.isDoubtful = true
            throw StoreError(
                .durabilityUnknown,
                "The new state of \(place.name) is in place in \(place.logPath), and the system could not confirm that it "
                    + "survives a power cut. Check the disk.", path: place.logPath)
        }
        checkpoint.put(line, isUrgent: line.previous == nil)
        log(.saved(serial: line.serial))
    }

    private func writing<Result>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
        do { return try body() } catch { throw place.writeError(error) }
    }

    /// Runs a change after making sure that it may be made.
    private func changing<Result>(
        _ body: (inout State) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try state.withLock { (state) throws(StoreError) in
            defer {
                let evidence = state.evidence
                shown.withLock { $0 = evidence }
            }
            guard !state.isReleased else {
                throw StoreError(
                    .lockLost, "The lease of \(place.name) was released; nothing was changed.", path: place.lockPath)
            }
            guard !state.isDoubtful else {
                throw StoreError(
                    .durabilityUnknown,
                    "An earlier save of \(place.name) could not be confirmed, so nothing more was saved. Check the disk.",
                    path: place.logPath)
            }
            guard try writing({ () throws(SystemError) in try lock.isStillNamed() }) else {
                throw StoreError(
                    .lockLost,
                    "The lock file of \(place.name) was removed or replaced while this process held it, so another process "
                        + "may be at work. Nothing was saved. Find out who removed \(place.lockPath).",
                    path: place.lockPath)
            }
            do throws(SystemError) {
                try folder.checkWritable()
            } catch {
                throw place.writeError(error, error.isNotPermitted ? .notWritable : .cannotWrite)
            }
            return try body(&state)
        }
    }

    // MARK: The rest of the folder

    /// Says in the lock's record what is being done, for people who wait.
    package func note(_ record: [UInt8]) {
        state.withLock { if !$0.isReleased { DocumentLock.write(record, to: lock, log) } }
    }

    /// Writes the newest line as the checkpoint; what a person made of that is kept under another name.
    ///
    /// - Returns: the path of what was renamed; `nil` for nothing.
    package func refreshCheckpoint() throws(StoreError) -> String? {
        try changing { (state) throws(StoreError) in
            let aside = try writing { () throws(SystemError) in try checkpoint.setAsideChanged() }
            if let newest = state.log?.newest { checkpoint.put(newest) }
            state.evidence.checkpoint = .older
            return aside
        }
    }

    /// Gives everything of the document but the lock another name.
    ///
    /// - Returns: the paths of what was renamed.
    package func setAside() throws(StoreError) -> [String] {
        try changing { (state) throws(StoreError) in
            checkpoint.forget()
            let paths = try writing { () throws(SystemError) in
                var paths: [String] = []
                for name in try [DocumentPlace.checkpointName] + LogFiles(folder).names() + ["backups"]
                where try folder.identity(of: name) != nil { paths.append(try folder.setAside(name)) }
                try folder.synchronize()
                return paths
            }
            state.log = nil
            state.evidence = Evidence(log: .missing, checkpoint: .missing)
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
