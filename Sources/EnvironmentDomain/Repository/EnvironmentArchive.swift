/// A repository that also keeps the past of its environments, for tools that show it and bring it back.
///
/// What takes a lease says so; everything else takes no lock and changes nothing.
public protocol EnvironmentArchive: EnvironmentRepository {
    /// Where the environments are kept, as people name it: a folder or an address, without a secret.
    var location: String { get }

    /// The one answer to what is stored under a name, and whether it is the newest.
    func standing(of name: EnvironmentName) async throws(RepositoryError) -> EnvironmentStanding

    // MARK: The past

    /// Every line of the history that can be read, the oldest first; `nil` when nothing was ever saved.
    func historyLines(of name: EnvironmentName) async throws(RepositoryError) -> [HistoryLine]?

    /// The serials of the states that are kept, the oldest first.
    func states(of name: EnvironmentName) async throws(RepositoryError) -> [Int]

    /// The states before a serial that are kept, the oldest first; the past is read once.
    func states(of name: EnvironmentName, before serial: Int) async throws(RepositoryError) -> [StoredEnvironment]

    /// The environment as the save with that serial left it; `nil` when it is not kept any more.
    func state(of name: EnvironmentName, at serial: Int) async throws(RepositoryError) -> StoredEnvironment?

    /// The environment as the saves with these serials left it, by serial; what is not kept any more is left out. The past
    /// is read once.
    func states(
        of name: EnvironmentName, at serials: Set<Int>
    ) async throws(RepositoryError) -> [Int: StoredEnvironment]

    /// Puts an earlier state back under a lease, as a normal save with the next serial whose history line says why.
    ///
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/recordRefused`` when no state with that serial is kept.
    @discardableResult
    func restore(
        _ name: EnvironmentName, to serial: Int, reason: String
    ) async throws(RepositoryError) -> StoredEnvironment

    // MARK: Recovery

    /// The path of an emergency record that is newer than what is stored; `nil` when there is none.
    func emergencyRecord(of name: EnvironmentName) async throws(RepositoryError) -> String?

    /// Applies an emergency record, or a whole state that is left of a damaged environment, from a file: under a lease, as
    /// a save with a higher serial.
    ///
    /// - Throws: ``RepositoryError``; nothing is changed when the record is of another lineage or name, or not newer
    ///   than what is stored.
    @discardableResult
    func recover(_ path: String, for name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment

    /// Moves an emergency record aside that is not to be applied, and says so in the history, under a lease.
    func decline(_ path: String, for name: EnvironmentName, reason: String?) async throws(RepositoryError)

    /// What a person made of a stored state by hand, whatever its checksum says.
    ///
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/recordRefused`` when nobody edited it, or when there is
    ///   more wrong with it than its checksum.
    func editedState(of name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment

    /// Makes a state that a person edited by hand the stored state under a lease, as a save with a higher serial.
    ///
    /// - Parameters:
    ///   - edited: the edit as ``editedState(of:)`` returned it; another one, that was made since, is not accepted.
    ///   - reason: why, for the history.
    /// - Throws: ``RepositoryError`` as ``editedState(of:)`` does, or with ``RepositoryError/Code/conflict``; nothing is
    ///   changed then.
    @discardableResult
    func acceptEdit(_ edited: StoredEnvironment, reason: String) async throws(RepositoryError) -> StoredEnvironment

    /// Writes what is stored, under a lease, where other programs read it, whatever a person made of that.
    func refreshCheckpoint(of name: EnvironmentName) async throws(RepositoryError)

    /// The holder that ended without releasing the environment; `nil` when there is none.
    func abandoned(_ name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder?

    /// Whether anything is left of an environment, be it only of one that was lost.
    func isKnown(_ name: EnvironmentName) async throws(RepositoryError) -> Bool

    /// Stores an environment of another repository under a lease, with its lineage, serial, history and earlier states.
    ///
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/recordRefused`` when something is stored under its name, or
    ///   when a history is given that does not lead up to it.
    func adopt(
        _ stored: StoredEnvironment, history: [HistoryLine], earlier: [StoredEnvironment]
    ) async throws(RepositoryError)

    /// Removes what is stored of an environment under a lease, and keeps its working files and all that its steps made.
    ///
    /// - Parameters:
    ///   - name: the environment's name.
    ///   - serial: the newest state, which was shown to the person who asked for this.
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/conflict`` when another state is stored by now; nothing is
    ///   removed then.
    func forget(_ name: EnvironmentName, at serial: Int) async throws(RepositoryError)

    /// Says when to look again at an environment, or at all of them for nil: at once, and when something may have changed.
    ///
    /// What changed can be read by then; several changes may be told as one.
    func changes(of name: EnvironmentName?) -> AsyncThrowingStream<Void, any Error>

    /// Looks for what is not as it should be with an environment.
    func examine(_ name: EnvironmentName) async -> [Finding]
}

extension EnvironmentArchive {
    /// Stores an environment of which no earlier states are known.
    public func adopt(_ stored: StoredEnvironment, history: [HistoryLine]) async throws(RepositoryError) {
        try await adopt(stored, history: history, earlier: [])
    }

    /// Reads the states one by one, for an archive that has no way to read them at once.
    public func states(
        of name: EnvironmentName, at serials: Set<Int>
    ) async throws(RepositoryError) -> [Int: StoredEnvironment] {
        var states: [Int: StoredEnvironment] = [:]
        for serial in serials { states[serial] = try await state(of: name, at: serial) }
        return states
    }

    /// Says twice a second to look again, for where nobody tells what changes.
    public func changes(of name: EnvironmentName?) -> AsyncThrowingStream<Void, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                while !Task.isCancelled {
                    continuation.yield()
                    // Cancelling ends the pause, and then the loop.
                    try? await Task.sleep(for: .milliseconds(500))
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// An archive that can take an environment away from a holder which lives on.
public protocol ForceReleasing: EnvironmentArchive {
    /// Takes an environment away from whoever holds it; nothing that they still do can be saved.
    ///
    /// What they work at on their machine continues until they notice.
    ///
    /// - Parameters:
    ///   - name: the environment.
    ///   - lockID: the holder that was shown to whoever asked for this; another holder is left alone.
    /// - Returns: the holder from whom it was taken, or who had ended without a word; nil when it was free.
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/conflict`` when another holds it, or
    ///   ``RepositoryError/Code/notWritable``; nothing is changed.
    @discardableResult
    func forceRelease(
        _ name: EnvironmentName, heldBy lockID: LockID?
    ) async throws(RepositoryError) -> LeaseHolder?
}

/// Something about a stored environment that is not as it should be, or that a person may want to know.
public struct Finding: Hashable, Sendable {
    /// How bad it is.
    public enum Severity: String, CaseIterable, Codable, Hashable, Sendable {
        /// Good to know; nothing is wrong.
        case note
        /// Nothing is lost, and it should be cleaned up.
        case warning
        /// The environment cannot be worked on, or something is lost.
        case problem
    }

    public let severity: Severity
    /// A word that programs can tell findings apart by, for example `modes` or `checksum_mismatch`.
    public let kind: String
    /// Sentences for people.
    public let message: String
    /// Whether taking the environment's lease once repairs it.
    public let isRepairedByLease: Bool

    public init(_ severity: Severity, _ kind: String, _ message: String, isRepairedByLease: Bool = false) {
        self.severity = severity
        self.kind = kind
        self.message = message
        self.isRepairedByLease = isRepairedByLease
    }
}
