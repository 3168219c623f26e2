package import OperatingSystem

/// The lock of a document's folder: the kernel's lock on a file that stays, with a text in it that says who holds it.
///
/// The text is a JSON object, padded to a fixed size so that one write replaces it; it is for people, and the kernel
/// decides. An empty file says that the last holder ended in order.
package enum DocumentLock {
    /// The number of bytes of a record.
    package static let size = 1024

    package static func acquire(
        _ place: DocumentPlace, in folder: Folder, isShared: Bool, timeout: Duration, _ log: (StoreEvent) -> Void
    ) async throws(StoreError) -> FileLock {
        let lock: FileLock?
        do {
            lock = try await FileLock.acquire(
                DocumentPlace.lockName, in: folder, isShared: isShared, timeout: timeout
            ) {
                log(.waiting(record: record(in: folder)))
            }
        } catch is CancellationError {
            throw StoreError(
                .cancelled, "Stopped while waiting for the lock of \(place.name); nothing was changed.",
                path: place.lockPath)
        } catch {
            let cause = error as? SystemError
            // Beside it in the folder it would make the folder look like another's.
            let reason = cause?.reasonAndWayOut(movingTo: "\(place.path).lock.moved") ?? "\(error)."
            throw StoreError(
                .lockUnusable, "The lock file \(place.lockPath) cannot be used: \(reason) Nothing was changed.",
                path: place.lockPath, cause: cause)
        }
        if let lock { return lock }
        let holder = record(in: folder)
        log(.timedOut(record: holder, waited: timeout))
        throw StoreError(
            .locked(record: holder, waited: timeout),
            "Another process holds the lock of \(place.name); nothing was changed.", path: place.checkpointPath)
    }

    /// The text of the lock in a folder; `nil` when it is empty or cannot be read.
    package static func record(in folder: Folder) -> [UInt8]? {
        guard let file = try? folder.open(DocumentPlace.lockName, .read) else { return nil }
        return record(file)
    }

    /// The text of the lock; `nil` when it is empty, and no text when it cannot be read: then nobody knows how the last
    /// holder ended.
    static func record(_ file: borrowing OpenFile) -> [UInt8]? {
        guard let bytes = try? file.read(limit: size) else { return [] }
        return bytes.isEmpty ? nil : bytes
    }

    package static func write(_ record: [UInt8], to lock: FileLock, _ log: (StoreEvent) -> Void) {
        let blanks = [UInt8](repeating: 32, count: max(0, size - record.count - 1))
        do {
            try lock.file.overwrite(record.prefix(size - 1) + blanks + [UInt8(ascii: "\n")])
        } catch {
            log(
                .failed(
                    "the lock's record could not be written; others will not see who holds it", path: lock.file.path,
                    error))
        }
    }

    package static func clear(_ lock: FileLock, _ log: (StoreEvent) -> Void) {
        do {
            try lock.file.truncate(to: 0)
        } catch {
            log(.failed("the lock's record could not be cleared", path: lock.file.path, error))
        }
    }
}
