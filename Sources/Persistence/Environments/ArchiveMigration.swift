public import EnvironmentDomain

/// Takes environments from one repository to another, with their lineage, serial, history and earlier states.
///
/// Nothing is ever removed or overwritten: the source stays as it is, and what the target has under a name stays too.
/// Working files (logs, traces, keys) are not part of a repository and stay where they are.
public struct ArchiveMigration: Sendable {
    private let source: any EnvironmentArchive
    private let target: any EnvironmentArchive
    private let rewrite: @Sendable (AnyEnvironmentState) throws(RepositoryError) -> AnyEnvironmentState

    /// Describes a migration.
    ///
    /// - Parameters:
    ///   - source: where environments are taken from.
    ///   - target: where they are taken to.
    ///   - rewrite: what the target is to have in place of a document, for paths that are others there.
    public init(
        from source: any EnvironmentArchive, to target: any EnvironmentArchive,
        rewriting rewrite: @escaping @Sendable (AnyEnvironmentState) throws(RepositoryError) -> AnyEnvironmentState = {
            $0
        }
    ) {
        self.source = source
        self.target = target
        self.rewrite = rewrite
    }

    /// What became of one environment.
    public enum Outcome: Hashable, Sendable {
        /// It is in the target now, and was read back from there as it is in the source.
        case copied(serial: Int, lines: Int, backups: Int)
        /// It was there already, just as it is in the source.
        case alreadyThere(serial: Int)
        /// It would be copied.
        case wouldBeCopied(serial: Int, lines: Int, backups: Int)
    }

    /// Takes one environment over, under leases of both repositories.
    ///
    /// - Parameters:
    ///   - name: the environment's name.
    ///   - isTrial: whether only to say what would be done.
    /// - Throws: `RepositoryError`: `recordRefused` when the target has something else under the name, when the history
    ///   does not lead up to what is stored, or when what was written does not read back as it was; otherwise what
    ///   reading or writing throws. The source is never changed.
    public func migrate(
        _ name: EnvironmentName, isTrial: Bool = false
    ) async throws(RepositoryError) -> Outcome {
        let lease = try await source.acquireLease(name, for: .save, run: CommandRun())
        do throws(RepositoryError) {
            let outcome = try await migrate(name, lease, isTrial: isTrial)
            await lease.release()
            return outcome
        } catch {
            await lease.release()
            throw error
        }
    }

    private func migrate(
        _ name: EnvironmentName, _ lease: any EnvironmentLease, isTrial: Bool
    ) async throws(RepositoryError) -> Outcome {
        guard let original = try await lease.stored else {
            throw RepositoryError(.recordRefused, "\(source.location) has no environment \(name); nothing was changed.")
        }
        guard original.lineage != nil else {
            throw RepositoryError(
                .recordRefused,
                "\(name) in \(source.location) is a bare document without a serial. Let a command save it once; nothing "
                    + "was changed.")
        }
        let lines = try await source.historyLines(of: name) ?? []
        guard lines.last == original.line else {
            throw RepositoryError(
                .recordRefused,
                "The history of \(name) in \(source.location) does not lead up to what is stored. Look at it first; nothing "
                    + "was changed.")
        }
        let stored = try rewritten(original)
        let backups = try await goodBackups(of: name, in: source).map(rewritten)
        if let there = try await target.load(name) {
            guard there == stored, try await target.historyLines(of: name) == lines else {
                throw RepositoryError(
                    .recordRefused,
                    "\(target.location) has another \(name) already (serial \(there.serial)); nothing was changed there."
                )
            }
            return .alreadyThere(serial: stored.serial)
        }
        guard !isTrial else {
            return .wouldBeCopied(serial: stored.serial, lines: lines.count, backups: backups.count)
        }
        try await target.adopt(stored, history: lines, backups: backups)
        let kept = try await goodBackups(of: name, in: target)
        guard try await target.load(name) == stored, try await target.historyLines(of: name) == lines,
            kept.allSatisfy(backups.contains)
        else {
            throw RepositoryError(
                .recordRefused,
                "What \(target.location) has of \(name) is not what was written there; go on with \(source.location).")
        }
        return .copied(serial: stored.serial, lines: lines.count, backups: kept.count)
    }

    private func rewritten(_ stored: StoredEnvironment) throws(RepositoryError) -> StoredEnvironment {
        StoredEnvironment(
            document: try rewrite(stored.document), lineage: stored.lineage, serial: stored.serial,
            savedAt: stored.savedAt, line: stored.line)
    }

    private func goodBackups(
        of name: EnvironmentName, in archive: any EnvironmentArchive
    ) async throws(RepositoryError) -> [StoredEnvironment] {
        try await archive.backups(of: name).compactMap(\.stored)
    }
}
