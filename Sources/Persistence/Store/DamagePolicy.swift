/// What a lease does with a document that is damaged; every choice is logged.
///
/// What a newer program wrote, or what cannot be read for want of rights, is not damaged and is never replaced.
public enum DamagePolicy: CaseIterable, Hashable, Sendable {
    /// Refuses to save until somebody brings in a backup; the error names the newest good one.
    case fail
    /// Puts back the newest good backup, as a save with the next serial, and keeps the damaged file beside it; fails where
    /// there is none.
    case restoreBackup
    /// Keeps the damaged file as `state.json.bak`, or under the next free name after that, and begins anew.
    case setAside
}
