package import OperatingSystem

extension DocumentPlace {
    /// The newest line of the log; `nil` unless the log ends with a whole one.
    ///
    /// Takes no lock and reads the log alone.
    package func newestLine() throws(StoreError) -> LogLine? {
        guard let folder = try folder(), case .whole(let line) = try log(in: folder, isHeldHere: false) else {
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
    /// - Returns: all that is found, and the text of the checkpoint.
    func evidence(
        in folder: Folder, isHeldHere: Bool
    ) throws(StoreError) -> (evidence: Evidence, checkpoint: CheckpointFile) {
        while true {
            // The checkpoint comes first: what is saved meanwhile makes the log newer, and never the checkpoint.
            let checkpoint = try checkpointFile(in: folder)
            let log = try log(in: folder, isHeldHere: isHeldHere)
            if case .whole(let line) = log {
                return (Evidence(log: log, checkpoint: compare(checkpoint, with: line)), checkpoint)
            }
            let evidence = Evidence(
                log: log, checkpoint: compare(checkpoint, with: nil),
                earlier: { if case .missing = log { earlier.find(folder) } else { nil } }(),
                traces: traces(in: folder))
            // Another process may have begun the log after it was looked for, and left traces since.
            if case .whole = try self.log(in: folder, isHeldHere: isHeldHere) { continue }
            return (evidence, checkpoint)
        }
    }

    private func log(in folder: Folder, isHeldHere: Bool) throws(StoreError) -> Evidence.Log {
        do throws(SystemError) {
            var isSecondLook = isHeldHere
            while true {
                guard let identity = try folder.identity(of: Self.logName) else { return .missing }
                guard identity.kind == .regular else { return .unusable("is a \(identity.kind.words), not a file") }
                let tail = try LogTail(folder.open(Self.logName, .read))
                switch tail.remainder {
                case .padding, .torn:
                    if let newest = tail.newest { return .whole(newest) }
                case .foreign, .damaged:
                    break
                }
                // The history of version 1 is no log.
                if tail.newest == nil, tail.remainder != .damaged, earlier.find(folder) != nil { return .missing }
                // A line that is being written looks damaged, and what it follows is still what is stored.
                if isSecondLook { return .damaged(newestWhole: tail.newest) }
                if let newest = tail.newest, (try? FileLock.isHeld(Self.lockName, in: folder)) == true {
                    return .whole(newest)
                }
                isSecondLook = true
            }
        } catch {
            if error.isNotFound { return .missing }
            throw readError(error)
        }
    }

    enum CheckpointFile {
        case missing
        case unusable(String)
        case bytes([UInt8])

        var text: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    }

    private func checkpointFile(in folder: Folder) throws(StoreError) -> CheckpointFile {
        do throws(SystemError) {
            guard let identity = try folder.identity(of: Self.checkpointName) else { return .missing }
            guard identity.kind == .regular else { return .unusable("is a \(identity.kind.words), not a file") }
            guard identity.size <= LogTail.sizeLimit else { return .unusable("has \(identity.size) bytes") }
            return .bytes(try folder.open(Self.checkpointName, .read).read())
        } catch {
            if error.isNotFound { return .missing }
            throw readError(error)
        }
    }

    func compare(_ file: CheckpointFile, with line: LogLine?) -> Evidence.Checkpoint {
        let bytes: [UInt8]
        switch file {
        case .missing: return .missing
        case .unusable(let reason): return .unusable(reason)
        case .bytes(let read): bytes = read
        }
        if let line, areSame(bytes, line.pretty) { return .current }
        guard let found = LogLine(pretty: bytes) else {
            return line.map { earlier.isContinued(bytes, $0) } == true ? .older : .edited
        }
        guard let line else { return .newer(serial: found.serial) }
        guard found.lineage == line.lineage else { return .otherLineage }
        if found.serial > line.serial { return .newer(serial: found.serial) }
        return found.serial == line.serial && found != line ? .edited : .older
    }

    private func traces(in folder: Folder) -> [String] {
        let names = (try? folder.names()) ?? []
        return names.filter { name in
            if name == Self.logName || name == "backups" { return true }
            if name.hasPrefix(Self.logName + "."), Int(name.dropFirst(Self.logName.count + 1)) != nil { return true }
            guard traces.contains(name) else { return false }
            if let inner = try? folder.folder(name) { return (try? inner.names())?.isEmpty == false }
            return (try? FileLock.isHeld(name, in: folder)) == true
        }
    }
}

extension FileStatus.Kind {
    /// The kind with its article left out, for messages.
    package var words: String {
        switch self {
        case .regular: "regular file"
        case .folder: "folder"
        case .link: "symbolic link"
        case .other: "pipe, socket or device"
        }
    }
}
