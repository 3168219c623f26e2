/// The one answer to "is there something, and is it the newest".
public enum Standing: Sendable {
    /// Nothing at all: a document may be begun.
    case nothing
    /// The log's newest line is what is stored. With a doubt, nothing may be changed before a person has decided.
    case stored(LogLine, doubt: Doubt?)
    /// A document of version 1 is what is stored; the first lease upgrades it.
    case earlier(Evidence.Earlier, doubt: Doubt?)
    /// Something is there, and what is stored cannot be known: nothing may be begun, changed or removed.
    case damaged(Damage)

    /// Why what is stored may not be the newest.
    public enum Doubt: Hashable, Sendable {
        case checkpointEdited
        case checkpointOfOtherLineage
        /// The checkpoint is of a save that the log does not have.
        case checkpointNewer(serial: Int)
        /// The checkpoint cannot be read, for this reason.
        case checkpointUnusable(String)
        /// A document of version 1 and its folder contradict each other.
        case contradiction(String)
        /// A record is newer.
        case record(Evidence.Record)
    }

    /// Why it cannot be known what is stored.
    public enum Damage: Hashable, Sendable {
        /// There is no log, but something that only a stored document leaves.
        case logMissing(traces: [String])
        /// There is neither a log nor anything else, but a record of a document that could not be saved.
        case onlyRecord(Evidence.Record)
        /// The newest line is not what was written; with the newest line that is whole.
        case logDamaged(newestWhole: LogLine?)
        case logUnusable(String)
    }

    /// Concludes from all that is found; nothing else decides it.
    public init(_ evidence: Evidence) {
        switch evidence.log {
        case .whole(let line):
            self = .stored(line, doubt: Self.doubt(evidence, line.serial, line.lineage))
        case .damaged(let newestWhole):
            self = .damaged(.logDamaged(newestWhole: newestWhole))
        case .unusable(let reason):
            self = .damaged(.logUnusable(reason))
        case .missing:
            if let earlier = evidence.earlier {
                let doubt =
                    earlier.contradiction.map(Doubt.contradiction)
                    ?? Self.record(evidence, newerThan: earlier.serial, earlier.lineage)
                self = .earlier(earlier, doubt: doubt)
            } else if case .missing = evidence.checkpoint, evidence.traces.isEmpty {
                let newest = evidence.records.filter { !$0.isElsewhere }.max { $0.serial < $1.serial }
                self = newest.map { .damaged(.onlyRecord($0)) } ?? .nothing
            } else {
                var traces = evidence.traces
                if case .missing = evidence.checkpoint {} else { traces.insert(DocumentPlace.checkpointName, at: 0) }
                self = .damaged(.logMissing(traces: traces))
            }
        }
    }

    private static func doubt(_ evidence: Evidence, _ serial: Int, _ lineage: String) -> Doubt? {
        switch evidence.checkpoint {
        case .edited: .checkpointEdited
        case .otherLineage: .checkpointOfOtherLineage
        case .newer(let serial): .checkpointNewer(serial: serial)
        case .unusable(let reason): .checkpointUnusable(reason)
        case .missing, .current, .older: record(evidence, newerThan: serial, lineage)
        }
    }

    private static func record(_ evidence: Evidence, newerThan serial: Int, _ lineage: String?) -> Doubt? {
        evidence.records.filter { $0.serial > serial && (lineage == nil || $0.lineage == lineage) }
            .max { $0.serial < $1.serial }.map(Doubt.record)
    }

}
