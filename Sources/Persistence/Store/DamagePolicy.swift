/// What a lease does with a document that is damaged; every choice is logged.
///
/// What a newer program wrote, or what cannot be read for want of rights, is not damaged and is never replaced.
public enum DamagePolicy: CaseIterable, Hashable, Sendable {
    /// Refuses to save until an earlier state is recovered; the error names the newest one.
    case fail
    /// Recovers the newest whole state, as a save with the next serial, and keeps the damaged log beside it; fails where
    /// there is none.
    case restoreBackup
    /// Keeps the damaged files as `state.json.bak` and `history.jsonl.bak`, or under the next free names after those, and
    /// begins a new document.
    case setAside
}
