import OperatingSystem

extension LogLease {
    static func tightenModes(in folder: Folder, of place: DocumentPlace, _ log: (StoreEvent) -> Void) {
        do {
            // A folder that is everybody's, or that holds other things too, stays as it is.
            if try folder.identity(of: ".")?.isOpenToOthers == true, try folder.isOwnAlone(),
                try folder.names().allSatisfy({ DocumentPlace.isOwn($0) || place.traces.contains($0) })
            {
                try folder.setMode(0o700)
                log(.modeTightened(path: folder.path))
            }
            for name in [DocumentPlace.checkpointName, DocumentPlace.lockName, DocumentPlace.logName] {
                guard let found = try folder.identity(of: name), found.kind == .regular, found.isOpenToOthers else {
                    continue
                }
                try folder.open(name, .read).setMode(0o600)
                log(.modeTightened(path: folder.path(of: name)))
            }
        } catch {
            log(.failed("modes could not be checked", path: folder.path, error))
        }
    }

    static func removeTemporaryFiles(in folder: Folder, _ log: (StoreEvent) -> Void) {
        for name in (try? folder.names()) ?? [] where DocumentPlace.isTemporary(name) {
            do {
                try folder.remove(name)
            } catch {
                log(.failed("a left-over file could not be removed", path: folder.path(of: name), error))
            }
        }
    }

    /// Gives what is in the place of the log, and is damaged, another name.
    ///
    /// A file keeps its old name too until the new log replaces it.
    func setAside(_ mark: String, isDamaged: Bool) throws(SystemError) {
        let name = DocumentPlace.logName
        guard isDamaged, let found = try folder.identity(of: name) else { return }
        let aside = "\(name).damaged-\(mark)"
        guard found.kind == .regular else { return try folder.rename(name, to: aside) }
        do {
            try folder.link(name, to: aside, in: folder)
        } catch  where error.isNotSupported {
            try folder.put(try folder.open(name, .read).read(), at: aside)
        }
    }
}

extension FileIdentity {
    fileprivate var isOpenToOthers: Bool { mode & 0o077 != 0 }
}
