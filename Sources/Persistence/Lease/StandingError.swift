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
        let stored =
            "Stored is serial \(serial), in \(log). Nothing was changed. Accept the edit, or recover the log to keep what is "
            + "stored."
        switch doubt {
        case .checkpointEdited:
            return RepositoryError(
                .checksumMismatch, "\(checkpoint) was edited or damaged: it is not what was saved. \(stored)",
                path: checkpoint, backup: log)
        case .checkpointOfOtherLineage:
            return RepositoryError(
                .wrongEnvironment,
                "\(checkpoint) is of another \(name), which had the same name. Stored is serial \(serial), in \(log). Nothing was "
                    + "changed. Recover the log to keep what is stored.", path: checkpoint, backup: log)
        case .checkpointNewer(let newer):
            return RepositoryError(
                .corruptedStateFile,
                "\(log) ends at serial \(serial), and \(checkpoint) is of serial \(newer): an older log was put back. "
                    + "Nothing was changed. Recover \(checkpoint).", path: checkpoint, backup: checkpoint)
        case .checkpointUnusable(let reason):
            return RepositoryError(
                .notRegularFile, "\(checkpoint) \(reason). Stored is serial \(serial), in \(log). Nothing was changed. Recover the log to keep what "
                    + "is stored; what is in the checkpoint's place is kept under another name.", path: checkpoint, backup: log)
        case .contradiction(let reason):
            return RepositoryError(
                .corruptedStateFile,
                "\(checkpoint) \(reason): an older file may have been put back. Nothing was changed.\(advice)",
                path: checkpoint, backup: recoverable?.path)
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
                "\(log) is not there, and \(traces.joined(separator: ", ")) \(traces.count == 1 ? "is" : "are"): the log of "
                    + "\(name) was lost, or the folder is not an environment's. Nothing was changed.\(advice)", path: log,
                backup: recoverable?.path)
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
                    + "changed.\(advice)", path: log, backup: recoverable?.path)
        case .logDamaged(nil):
            RepositoryError(
                .corruptedStateFile, "\(log) has no whole line. Nothing was changed.\(advice)", path: log,
                backup: recoverable?.path)
        case .logUnusable(let reason):
            RepositoryError(
                .notRegularFile, "\(log) \(reason). Nothing was changed.\(advice)", path: log, backup: recoverable?.path
            )
        }
    }

    private var advice: String {
        guard let recoverable else { return " No whole state of \(name) is left there." }
        return " The newest state that can be recovered is \(recoverable.path) (serial \(recoverable.serial))."
    }
}
