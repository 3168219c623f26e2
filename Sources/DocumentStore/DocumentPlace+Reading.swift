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
        return try evidence(in: folder, isHeldHere: false)
    }

    /// - Parameter isHeldHere: whether this process holds the lock, so that nobody is writing.
    func evidence(in folder: Folder, isHeldHere: Bool) throws(StoreError) -> Evidence {
        let log = try log(in: folder, isHeldHere: isHeldHere)
        guard case .whole(let line) = log else {
            return Evidence(
                log: log, checkpoint: checkpoint(in: folder, nil),
                earlier: { if case .missing = log { earlier.find(folder) } else { nil } }(),
                traces: traces(in: folder))
        }
        return Evidence(log: log, checkpoint: checkpoint(in: folder, line))
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
                case .foreign:
                    if tail.newest == nil && earlier.find(folder) != nil { return .missing }
                case .damaged:
                    break
                }
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

    private func checkpoint(in folder: Folder, _ line: LogLine?) -> Evidence.Checkpoint {
        let bytes: [UInt8]
        do throws(SystemError) {
            guard let identity = try folder.identity(of: Self.checkpointName) else { return .missing }
            guard identity.kind == .regular else { return .unusable("is a \(identity.kind.words), not a file") }
            guard identity.size <= LogTail.sizeLimit else { return .unusable("has \(identity.size) bytes") }
            bytes = try folder.open(Self.checkpointName, .read).read()
        } catch {
            return error.isNotFound ? .missing : .unusable("cannot be read: \(error.reason)")
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
