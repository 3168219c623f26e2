public import EnvironmentDomain
import OperatingSystem

extension JSONDocumentStore {
    /// What the history tells, and what contradicts it; nil when there is neither a document nor a history.
    ///
    /// Takes no lock. Lines that cannot be read are skipped with a warning.
    ///
    /// - Throws: `RepositoryError` with `readStateFailed`.
    public func history() throws(RepositoryError) -> DocumentHistory? {
        guard let folder = try openFolder() else { return nil }
        // The state comes first: a save that ends meanwhile is in the history then, and not missing from it.
        let newest = try bytes(in: folder).flatMap { try? format.decode($0) }?.line
        let file = LineFile(folder: folder, name: HistoryFile.fileName, rotation: historyRotation)
        do throws(SystemError) {
            let texts = try file.lines()
            guard !texts.isEmpty || newest != nil else { return nil }
            let isWhole = try folder.status(of: file.names.last ?? file.name) == nil
            let history = DocumentHistory(texts, newest: newest, isWhole: isWhole)
            for flaw in history.flaws {
                EnvironmentLog.log(
                    .warning, "the history is not what was written", ["path": folder.path, "flaw": "\(flaw)"])
            }
            return history
        } catch {
            throw readError(error)
        }
    }

    /// The document as the save with that serial left it: from the state file or a backup; nil when no good one holds
    /// it any more.
    public func state(at serial: Int) throws(RepositoryError) -> StoredDocument<Document>? {
        guard let folder = try openFolder() else { return nil }
        do throws(RepositoryError) {
            let current = try bytes(in: folder).flatMap { try? format.decode($0) }
            if let current, current.serial == serial { return current }
        } catch {
            // What stands in the state file's place does not keep a backup from being found.
            guard error.code == .notRegularFile || error.code == .tooLarge else { throw error }
        }
        return (try? folder.folder(Self.backupsName)).flatMap { backup(serial, in: $0) }
    }
}
