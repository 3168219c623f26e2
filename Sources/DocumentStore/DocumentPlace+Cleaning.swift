package import OperatingSystem

/// What a lease puts in order before it looks what is stored.
extension DocumentPlace {
    /// Whether a lease closes the folder to others.
    ///
    /// A folder that is everybody's, or that holds other things too, stays as it is.
    package func tightens(_ folder: Folder) throws(SystemError) -> Bool {
        guard try folder.identity(of: ".")?.isOpenToOthers == true, try folder.isOwnAlone() else { return false }
        return try folder.names().allSatisfy { Self.isOwn($0) || traces.contains($0) }
    }

    /// The names of the store's files that others than their owner may read or write.
    package static func filesOpenToOthers(in folder: Folder) throws(SystemError) -> [String] {
        var names: [String] = []
        for name in [checkpointName, lockName, logName] {
            if let found = try folder.identity(of: name), found.kind == .regular, found.isOpenToOthers {
                names.append(name)
            }
        }
        return names
    }

    func tightenModes(in folder: Folder, _ log: (StoreEvent) -> Void) {
        do {
            if try tightens(folder) {
                try folder.setMode(0o700)
                log(.modeTightened(path: folder.path))
            }
            for name in try Self.filesOpenToOthers(in: folder) {
                try folder.open(name, .read).setMode(0o600)
                log(.modeTightened(path: folder.path(of: name)))
            }
        } catch {
            log(.failed("modes could not be checked", path: folder.path, error))
        }
    }

    func removeTemporaryFiles(in folder: Folder, _ log: (StoreEvent) -> Void) {
        for name in (try? folder.names()) ?? [] where Self.isTemporary(name) {
            do {
                try folder.remove(name)
            } catch {
                log(.failed("a left-over file could not be removed", path: folder.path(of: name), error))
            }
        }
    }
}

extension FileIdentity {
    fileprivate var isOpenToOthers: Bool { mode & 0o077 != 0 }
}
