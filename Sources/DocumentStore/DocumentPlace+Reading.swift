import OperatingSystem

extension DocumentPlace {
    /// The newest line of the log; `nil` unless the log ends with a whole one.
    ///
    /// Takes no lock and reads the log alone.
    package func newestLine() throws(StoreError) -> LogLine? {
        guard let folder = try folder(), case .whole(let line) = try log(in: folder, isHeldHere: false).log else {
            return nil
        }
        return line
    }

    /// Collects all that is found of the document; takes no lock.
    package func evidence() throws(StoreError) -> Evidence {
        guard let folder = try folder() else { return Evidence(log: .missing, checkpoint: .missing) }
        return try evidence(in: folder, isHeldHere: false).evidence
    }

    /// - Parameter isHeldHere: whether this process holds the lock, so that nobody is writing.
    /// - Returns: all that is found, and the end of the log.
    func evidence(
        in folder: Folder, isHeldHere: Bool
    ) throws(StoreError) -> (evidence: Evidence, tail: LogTail?) {
        while true {
            // The checkpoint comes first: what is saved meanwhile makes the log newer, and never the checkpoint.
            var (checkpoint, text) = try checkpoint(in: folder)
            var known: Evidence.Earlier??
            func found() -> Evidence.Earlier? {
                let earlier = known ?? text.flatMap { self.earlier.find($0, folder) }
                known = .some(earlier)
                return earlier
            }
            let (log, tail) = try log(in: folder, isHeldHere: isHeldHere) { found() != nil }
            if case .whole(let line) = log {
                if let text { checkpoint = compare(text, with: line) }
                return (Evidence(log: log, checkpoint: checkpoint, checkpointText: text), tail)
            }
            if let text { checkpoint = compare(text, with: nil) }
            let earlier: Evidence.Earlier? = if case .missing = log { found() } else { nil }
            let traces = try traces(in: folder)
            // Another process may have begun the log after it was looked for, and left traces since.
            if case .whole = try self.log(in: folder, isHeldHere: isHeldHere).log { continue }
            let evidence = Evidence(
                log: log, checkpoint: checkpoint, checkpointText: text, earlier: earlier, traces: traces)
            return (evidence, tail)
        }
    }

    /// - Parameter isEarlier: whether the document is one of an earlier version, whose history is no log.
    private func log(
        in folder: Folder, isHeldHere: Bool, isEarlier: () -> Bool = { false }
    ) throws(StoreError) -> (log: Evidence.Log, tail: LogTail?) {
        do throws(SystemError) {
            var isSecondLook = isHeldHere
            while true {
                guard let identity = try folder.identity(of: Self.logName) else { return (.missing, nil) }
                guard identity.kind == .regular else {
                    return (.unusable("is a \(identity.kind.words), not a file"), nil)
                }
                let tail = try LogTail(folder.open(Self.logName, .read))
                switch tail.remainder {
                case .padding, .torn:
                    if let newest = tail.newest { return (.whole(newest), tail) }
                case .foreign, .damaged:
                    break
                }
                if tail.newest == nil, tail.remainder != .damaged, isEarlier() { return (.missing, tail) }
                // A line that is being written looks damaged, and what it follows is still what is stored.
                if isSecondLook { return (.damaged(newestWhole: tail.newest), tail) }
                if let newest = tail.newest, (try? FileLock.isHeld(Self.lockName, in: folder)) == true {
                    return (.whole(newest), tail)
                }
                isSecondLook = true
            }
        } catch {
            if error.isNotFound { return (.missing, nil) }
            throw readError(error)
        }
    }

    /// The checkpoint's text, or what is in its place.
    private func checkpoint(in folder: Folder) throws(StoreError) -> (Evidence.Checkpoint, text: [UInt8]?) {
        do throws(SystemError) {
            guard let identity = try folder.identity(of: Self.checkpointName) else { return (.missing, nil) }
            guard identity.kind == .regular else { return (.unusable("is a \(identity.kind.words), not a file"), nil) }
            guard identity.size <= LogTail.sizeLimit else { return (.unusable("has \(identity.size) bytes"), nil) }
            return (.edited, try folder.open(Self.checkpointName, .read).read())
        } catch {
            if error.isNotFound { return (.missing, nil) }
            throw readError(error)
        }
    }

    /// What a checkpoint's text is beside the log's newest line.
    func compare(_ text: [UInt8], with line: LogLine?) -> Evidence.Checkpoint {
        if let line, areSame(text, line.pretty) { return .current }
        guard let found = LogLine(pretty: text) else {
            return line.map { earlier.isContinued(text, $0) } == true ? .older : .edited
        }
        guard let line else { return .newer(serial: found.serial) }
        guard found.lineage == line.lineage else { return .otherLineage }
        if found.serial > line.serial { return .newer(serial: found.serial) }
        return found.serial == line.serial && found != line ? .edited : .older
    }

    private func traces(in folder: Folder) throws(StoreError) -> [String] {
        let names: [String]
        do throws(SystemError) { names = try folder.names() } catch { throw readError(error) }
        return names.filter { name in
            name == Self.logName || name == "backups" || LogFiles.number(of: name, in: Self.logName) != nil
                || traces.contains(name) && Self.isInUse(name, in: folder)
        }
    }

    /// Whether a folder contains something, or a lock is held; also `true` when this cannot be determined, as behind a
    /// symbolic link or in another user's folder.
    private static func isInUse(_ name: String, in folder: Folder) -> Bool {
        do throws(SystemError) {
            switch try folder.identity(of: name)?.kind {
            case .folder: return try !folder.folder(name).names().isEmpty
            case .regular: return try FileLock.isHeld(name, in: folder)
            case .link: return true
            case .other, nil: return false
            }
        } catch {
            return !error.isNotFound
        }
    }
}
