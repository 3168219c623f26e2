import DocumentStore
import EnvironmentDomain

/// What the one answer means for those who want to change a document: nothing, or the error that says why not.
struct StandingError {
    let name: String
    /// The path of the log, or what else names it.
    let log: String
    /// The path of the checkpoint, or what else names it.
    let checkpoint: String
    /// The newest whole document that is left.
    let recoverable: Recoverable?

    func error(for standing: Standing) -> RepositoryError? {
        switch standing {
        case .nothing, .stored(_, nil), .earlier(_, nil): nil
        case .stored(let line, let doubt?): error(for: doubt, serial: line.serial)
        case .earlier(let earlier, let doubt?): error(for: doubt, serial: earlier.serial)
        case .damaged(let damage): error(for: damage)
        }
    }

    private func error(for doubt: Standing.Doubt, serial: Int) -> RepositoryError {
        let stored = "Stored is serial \(serial), in \(log). Nothing was changed."
        let decide =
            hasFile
            ? "Accept what \(checkpoint) says, or remove that file to have it written again from the log."
            : "Accept what it says, or have it written again from the log."
        switch doubt {
        case .checkpointEdited:
            return RepositoryError(
                .checksumMismatch, "\(checkpoint) was edited or damaged: it is not what was saved. \(stored) \(decide)",
                path: checkpoint)
        case .checkpointOfOtherLineage:
            return RepositoryError(
                .wrongEnvironment,
                "\(checkpoint) is of another \(name), which had the same name. \(stored) \(decide)", path: checkpoint)
        case .checkpointNewer(let newer):
            return RepositoryError(
                .corruptedStateFile,
                "\(log) ends at serial \(serial), and \(checkpoint) is of serial \(newer): an older log was put back. "
                    + "Nothing was changed. \(decide)", path: checkpoint, backup: hasFile ? checkpoint : nil)
        case .checkpointUnusable(let reason):
            return RepositoryError(
                .notRegularFile,
                "\(checkpoint) \(reason). \(stored) \(hasFile ? "Move it away, and have" : "Have") it written again.",
                path: checkpoint)
        case .contradiction(let reason):
            return RepositoryError(
                .corruptedStateFile,
                "\(checkpoint) \(reason): an older file may have been put back. Nothing was changed.\(advice)",
                path: checkpoint, backup: recoverable?.file)
        case .record(let record):
            return RepositoryError(
                .recordPending,
                "A newer state of \(name) could not be saved and is kept in \(record.path) (serial \(record.serial), "
                    + "stored is \(serial)). Nothing was changed. Recover it, or decline it.", path: record.path,
                backup: record.path)
        }
    }

    private func error(for damage: Standing.Damage) -> RepositoryError {
        switch damage {
        case .logMissing(let traces):
            RepositoryError(
                .corruptedStateFile,
                "\(log) is not there, though \(name) was stored: \(traces.joined(separator: ", ")) "
                    + "\(traces.count == 1 ? "is" : "are") left. Nothing was changed.\(advice)", path: log,
                backup: recoverable?.file)
        case .onlyRecord(let record):
            RepositoryError(
                .recordPending,
                "\(name) is not stored, and a state of it that could not be saved is kept in \(record.path) (serial "
                    + "\(record.serial)). Nothing was changed. Recover it, or decline it.", path: record.path,
                backup: record.path)
        case .logDamaged(let newest?):
            RepositoryError(
                .checksumMismatch,
                "The newest line of \(log) is damaged; the newest whole one is of serial \(newest.serial). Nothing was "
                    + "changed.\(advice)", path: log, backup: recoverable?.file)
        case .logDamaged(nil):
            RepositoryError(
                .corruptedStateFile, "\(log) has no whole line. Nothing was changed.\(advice)", path: log,
                backup: recoverable?.file)
        case .logUnusable(let reason):
            RepositoryError(
                .notRegularFile, "\(log) \(reason). Nothing was changed.\(advice)", path: log, backup: recoverable?.file
            )
        }
    }

    /// Whether the checkpoint is a file, which can be moved and removed.
    private var hasFile: Bool { checkpoint.hasPrefix("/") }

    private var advice: String {
        guard let recoverable else { return " No whole state of \(name) is left there." }
        return " The newest state that can be recovered is \(recoverable.path) (serial \(recoverable.serial))."
    }
}

extension Recoverable {
    fileprivate var file: String? { isFile ? path : nil }
}
