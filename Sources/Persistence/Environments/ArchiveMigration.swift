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
        case copied(serial: Int, lines: Int, states: Int)
        /// It was there already, just as it is in the source.
        case alreadyThere(serial: Int)
        /// It would be copied.
        case wouldBeCopied(serial: Int, lines: Int, states: Int)
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
        guard lines.last?.isSame(as: original.line) == true else {
            throw RepositoryError(
                .recordRefused,
                "The history of \(name) in \(source.location) does not lead up to what is stored. Inspect it first; nothing "
                    + "was changed.")
        }
        let stored = try rewritten(original)
        let earlier = try await source.states(of: name, before: original.serial).map(rewritten)
        if let there = try await target.load(name) {
            guard try await isSame(there, stored, lines) else {
                throw RepositoryError(
                    .recordRefused,
                    "\(target.location) has another \(name) already (serial \(there.serial)); nothing was changed there."
                )
            }
            return .alreadyThere(serial: stored.serial)
        }
        guard !isTrial else {
            return .wouldBeCopied(serial: stored.serial, lines: lines.count, states: earlier.count)
        }
        try await target.adopt(stored, history: lines, earlier: earlier)
        let kept = try await target.states(of: name, before: stored.serial)
        guard let there = try await target.load(name), try await isSame(there, stored, lines),
            kept.map(\.document) == earlier.map(\.document)
        else {
            throw RepositoryError(
                .recordRefused,
                "What \(target.location) has of \(name) is not what was written there; continue with \(source.location)."
            )
        }
        return .copied(serial: stored.serial, lines: lines.count, states: kept.count)
    }

    /// Whether the target has the same; the checksums of lines differ where documents were rewritten.
    private func isSame(
        _ there: StoredEnvironment, _ stored: StoredEnvironment, _ lines: [HistoryLine]
    ) async throws(RepositoryError) -> Bool {
        guard there.document == stored.document, there.lineage == stored.lineage, there.serial == stored.serial else {
            return false
        }
        let found = try await target.historyLines(of: stored.document.name) ?? []
        return found.count == lines.count && zip(found, lines).allSatisfy { $0.isSame(as: $1) }
    }

    private func rewritten(_ stored: StoredEnvironment) throws(RepositoryError) -> StoredEnvironment {
        StoredEnvironment(
            document: try rewrite(stored.document), lineage: stored.lineage, serial: stored.serial,
            savedAt: stored.savedAt, line: stored.line)
    }
}

extension HistoryLine {
    /// Whether both are of the same save.
    fileprivate func isSame(as other: HistoryLine?) -> Bool {
        serial == other?.serial && event == other?.event && missed == other?.missed
    }
}
