import DocumentStore
import EnvironmentDomain

/// The error for a document that must not be changed, from the one answer to what is stored.
extension LoggedDocument {
    /// Why what an answer says is not to be changed; `nil` when it may be.
    func error(for standing: Standing) async -> RepositoryError? {
        switch standing {
        case .nothing, .stored(_, nil), .earlier(_, nil): nil
        case .stored(let line, let doubt?): error(for: doubt, serial: line.serial, nil)
        case .earlier(let earlier, let doubt?):
            error(for: doubt, serial: earlier.serial, await recoverable(standing))
        case .damaged(let damage): error(for: damage, await recoverable(standing))
        }
    }

    private func error(
        for doubt: Standing.Doubt, serial: Int, _ recoverable: Evidence.Record?
    ) -> RepositoryError {
        let log = source.location
        let stored = "Stored is serial \(serial), in \(log); recover that to keep it"
        switch doubt {
        case .checkpointEdited:
            return refusal(
                .checksumMismatch, checkpoint,
                "was edited or damaged: it is not what was saved. \(stored), or accept the edit", log)
        case .checkpointOfOtherLineage:
            return refusal(
                .wrongEnvironment, checkpoint, "is of another \(name), which had the same name. \(stored)", log)
        case .checkpointNewer(let newer):
            return refusal(
                .corruptedStateFile, checkpoint,
                "is of serial \(newer), and \(log) ends at serial \(serial): an older log was put back. Recover the former",
                checkpoint)
        case .checkpointUnusable(let reason):
            return refusal(.notRegularFile, checkpoint, "\(reason). \(stored)", log)
        case .contradiction(let reason):
            return refusal(
                .corruptedStateFile, checkpoint,
                "\(reason): an older file may have been put back. \(advice(recoverable))", recoverable?.path)
        case .record(let record):
            return refusal(
                .recordPending, record.path,
                "is a newer state of \(name), which could not be saved (serial \(record.serial), stored is \(serial)). "
                    + "Recover it, or decline it", record.path)
        }
    }

    private func error(for damage: Standing.Damage, _ recoverable: Evidence.Record?) -> RepositoryError {
        let log = source.location
        let advice = advice(recoverable)
        return switch damage {
        case .logMissing(let traces):
            refusal(
                .corruptedStateFile, log,
                "is not there, and \(traces.joined(separator: ", ")) \(traces.count == 1 ? "is" : "are"): the log of "
                    + "\(name) was lost, or the folder is not an environment's. \(advice)", recoverable?.path)
        case .onlyRecord(let record):
            refusal(
                .recordPending, record.path,
                "is a state of \(name), which could not be saved (serial \(record.serial)), and nothing is stored. Recover "
                    + "it, or decline it", record.path)
        case .logDamaged(let newest?):
            refusal(
                .checksumMismatch, log,
                "has a damaged newest line; the newest whole one is of serial \(newest.serial). \(advice)",
                recoverable?.path)
        case .logDamaged(nil):
            refusal(.corruptedStateFile, log, "has no whole line. \(advice)", recoverable?.path)
        case .logUnusable(let reason):
            refusal(.notRegularFile, log, "\(reason). \(advice)", recoverable?.path)
        }
    }

    private func advice(_ recoverable: Evidence.Record?) -> String {
        guard let recoverable else { return "No whole state of \(name) is left there" }
        return "The newest state that can be recovered is \(recoverable.path) (serial \(recoverable.serial))"
    }

    private func refusal(
        _ code: RepositoryError.Code, _ path: String, _ sentence: String, _ recoverable: String?
    ) -> RepositoryError {
        // What is in a database is restored from there, and not recovered from a file.
        let file = recoverable.flatMap { $0.hasPrefix("/") ? $0 : nil }
        return RepositoryError(code, "\(path) \(sentence). Nothing was changed.", path: path, backup: file)
    }
}
