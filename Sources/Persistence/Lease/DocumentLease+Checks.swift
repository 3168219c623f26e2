import EnvironmentDomain
import OperatingSystem

/// What must hold before a save puts anything in place of what is stored.
extension DocumentLease {
    /// Makes sure, while the disk is at work, that the bytes decode to the document again and that the save drops nothing
    /// of what is stored.
    ///
    /// - Returns: what is wrong; nil for nothing. To be asked before the rename.
    func proof(of next: StoredDocument<Document>, _ bytes: [UInt8]) -> ParallelWork<RepositoryError?> {
        let stored = unproven.flatMap { stored in seen.map { (stored, $0) } }
        return ParallelWork(isAhead: isDiskSlow) { [store, folder] in
            do {
                try store.format.check(bytes, of: next)
            } catch {
                return Self.serializationError(error, store)
            }
            guard let (stored, bytes) = stored, !store.format.isFaithful(stored, to: bytes) else { return nil }
            return store.unknownMembersError(in: folder)
        }
    }

    func checkLock() throws(RepositoryError) {
        do {
            if let lock, try lock.isStillNamed() { return }
        } catch {
            throw writeError(error)
        }
        throw RepositoryError(
            .lockLost,
            "The lock file of \(store.name) was removed or replaced while this process held it, so another process may "
                + "be at work. Nothing was saved. Find out who removed "
                + "\(folder.path(of: JSONDocumentStore<Document>.lockName)).",
            path: folder.path(of: JSONDocumentStore<Document>.lockName))
    }

    func checkStored(_ proof: ParallelWork<RepositoryError?>) throws(RepositoryError) {
        guard let now = try store.bytes(in: folder) else {
            if seen != nil {
                warn("the state file was removed while the lease was held; this save makes it anew", nil)
                seen = nil
            }
            return
        }
        guard let seen, areSame(now, seen) else {
            let kept = proof.result == nil ? try? keepEmergencyRecord() : nil
            throw RepositoryError(
                .conflict,
                "\(store.path) was changed by somebody who does not hold its lock; that change was left as it is and "
                    + "nothing was saved. \(kept.map { "What was to be saved is kept in \($0). " } ?? "")"
                    + "Compare it with what you expect.",
                path: store.path)
        }
    }

    /// Makes sure, before anything is written, that it may be written and that there is room for it.
    func checkFolder(for document: [UInt8], _ line: [UInt8]) throws(RepositoryError) {
        do {
            try folder.checkWritable()
        } catch {
            throw error.isNotPermitted ? writeError(error, .notWritable) : writeError(error)
        }
        // Where the system does not say how much there is, the write will.
        guard let (available, block) = (try? folder.space()) ?? nil else { return }
        let needed = [document, line].reduce(0) { $0 + ($1.count + block - 1) / block * block }
        guard available < needed else { return }
        throw RepositoryError(
            .insufficientSpace,
            "The state of \(store.name) could not be saved: No space left on device: it needs \(needed) "
                + "bytes, and the disk of \(folder.path) has "
                + "\(available) left. What was stored before is untouched. Free some space on its disk.",
            path: store.path, cause: InsufficientSpace(available: available, needed: needed))
    }
}
