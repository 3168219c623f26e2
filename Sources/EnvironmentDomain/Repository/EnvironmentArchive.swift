/// A repository that also keeps the past of its environments, so that tools can show and restore it.
///
/// Members that take a lease are documented as such. All others take no lock and change nothing.
public protocol EnvironmentArchive: EnvironmentRepository {
    /// The folder or address where the environments are kept, for people; it contains no secret.
    var location: String { get }

    /// Returns what is stored under a name, and whether it is known to be the newest state.
    func standing(of name: EnvironmentName) async throws(RepositoryError) -> EnvironmentStanding

    // MARK: The past

    /// Returns the readable lines of the history, the oldest first; `nil` when nothing was ever saved.
    func historyLines(of name: EnvironmentName) async throws(RepositoryError) -> [HistoryLine]?

    /// Returns the serials of the kept states, the oldest first.
    func states(of name: EnvironmentName) async throws(RepositoryError) -> [Int]

    /// Returns the kept states with a lower serial, the oldest first, and reads the history only once.
    func states(of name: EnvironmentName, before serial: Int) async throws(RepositoryError) -> [StoredEnvironment]

    /// Returns the environment as the save with a serial left it; `nil` when that state is no longer kept.
    func state(of name: EnvironmentName, at serial: Int) async throws(RepositoryError) -> StoredEnvironment?

    /// Returns the states of these serials, without those that are not kept; the log is read once.
    func states(
        of name: EnvironmentName, at serials: Set<Int>
    ) async throws(RepositoryError) -> [Int: StoredEnvironment]

    /// Restores an earlier state under a lease, as a normal save with the next serial and the reason in its history
    /// line.
    ///
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/recordRefused`` when no state with that serial is kept.
    @discardableResult
    func restore(
        _ name: EnvironmentName, to serial: Int, reason: String
    ) async throws(RepositoryError) -> StoredEnvironment

    // MARK: Recovery

    /// Returns the path of an emergency record that is newer than what is stored; `nil` for none.
    func emergencyRecord(of name: EnvironmentName) async throws(RepositoryError) -> String?

    /// Applies a file under a lease, as a save with a higher serial. The file is an emergency record, or a whole state
    /// that remains of a damaged environment.
    ///
    /// - Throws: ``RepositoryError``. Nothing is changed when the file is of another lineage or environment, or is not
    ///   newer than what is stored.
    @discardableResult
    func recover(_ path: String, for name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment

    /// Moves an emergency record out of the way without applying it, and records that in the history, under a lease.
    func decline(_ path: String, for name: EnvironmentName, reason: String?) async throws(RepositoryError)

    /// Returns a stored state that a person edited by hand, ignoring its checksum.
    ///
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/recordRefused`` when the state was not edited, or when
    ///   more than its checksum is wrong.
    func editedState(of name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment

    /// Stores a state that a person edited by hand, under a lease, as a save with a higher serial.
    ///
    /// - Parameters:
    ///   - edited: The edit as ``editedState(of:)`` returned it; a later edit is not accepted.
    ///   - reason: The reason, for the history.
    /// - Throws: ``RepositoryError`` as ``editedState(of:)`` does, or with ``RepositoryError/Code/conflict``. Nothing
    ///   is changed then.
    @discardableResult
    func acceptEdit(_ edited: StoredEnvironment, reason: String) async throws(RepositoryError) -> StoredEnvironment

    /// Writes the stored state, under a lease, to the place where other programs read it, and replaces any edit there.
    func refreshCheckpoint(of name: EnvironmentName) async throws(RepositoryError)

    /// Returns the last holder if it ended without releasing the environment; `nil` for none.
    func abandoned(_ name: EnvironmentName) async throws(RepositoryError) -> LeaseHolder?

    /// Returns whether an environment is stored, readable or not, or is held by a command that may store it.
    func isKnown(_ name: EnvironmentName) async throws(RepositoryError) -> Bool

    /// Stores an environment of another repository under a lease, with its lineage, serial, history and earlier states.
    ///
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/recordRefused`` when something is stored under the
    ///   environment's name, or when a history is given that does not end with the environment's serial.
    func adopt(
        _ stored: StoredEnvironment, history: [HistoryLine], earlier: [StoredEnvironment]
    ) async throws(RepositoryError)

    /// Removes the stored data of an environment, under a lease.
    ///
    /// Its working files and everything that its steps made remain.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - serial: The serial that was shown to the person who asked for the removal.
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/conflict`` when another state has been stored since.
    ///   Nothing is removed then.
    func forget(_ name: EnvironmentName, at serial: Int) async throws(RepositoryError)

    /// Emits immediately and whenever the environment (any environment, for `nil`) may have changed.
    ///
    /// A change can be read when its element is emitted. One element can stand for several changes.
    func changes(of name: EnvironmentName?) -> AsyncThrowingStream<Void, any Error>

    /// Returns the problems of a stored environment, and facts worth knowing about it.
    func examine(_ name: EnvironmentName) async -> [Finding]
}

extension EnvironmentArchive {
    /// Stores an environment without earlier states.
    public func adopt(_ stored: StoredEnvironment, history: [HistoryLine]) async throws(RepositoryError) {
        try await adopt(stored, history: history, earlier: [])
    }

    /// Reads the states one by one, for repositories that cannot read several at once.
    public func states(
        of name: EnvironmentName, at serials: Set<Int>
    ) async throws(RepositoryError) -> [Int: StoredEnvironment] {
        var states: [Int: StoredEnvironment] = [:]
        for serial in serials { states[serial] = try await state(of: name, at: serial) }
        return states
    }

    /// Emits every 500 ms, for repositories that cannot observe changes.
    public func changes(of name: EnvironmentName?) -> AsyncThrowingStream<Void, any Error> {
        AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                while !Task.isCancelled {
                    continuation.yield()
                    // Cancellation ends the pause, and then the loop.
                    try? await Task.sleep(for: .milliseconds(500))
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// An archive that can take an environment away from a holder that is still running.
public protocol ForceReleasing: EnvironmentArchive {
    /// Takes an environment away from its holder, which can save nothing more.
    ///
    /// The holder's own processes continue until the holder notices.
    ///
    /// - Parameters:
    ///   - name: The environment's name.
    ///   - lockID: The lock that was shown to the person who asked for this; another holder is not affected.
    /// - Returns: The holder that lost the environment, or that had ended without releasing it; `nil` when the
    ///   environment was free.
    /// - Throws: ``RepositoryError`` with ``RepositoryError/Code/conflict`` when another holder has the environment, or
    ///   ``RepositoryError/Code/notWritable``. Nothing is changed then.
    @discardableResult
    func forceRelease(
        _ name: EnvironmentName, heldBy lockID: LockID?
    ) async throws(RepositoryError) -> LeaseHolder?
}

/// A problem of a stored environment, or a fact that a person may want to know about it.
public struct Finding: Hashable, Sendable {
    /// The severity of a finding.
    public enum Severity: String, CaseIterable, Codable, Hashable, Sendable {
        /// Nothing is wrong.
        case note
        /// Nothing is lost, but something should be cleaned up.
        case warning
        /// Commands cannot work on the environment, or something is lost.
        case problem
    }

    public let severity: Severity
    /// The kind of the finding as a word for programs, for example `modes` or `checksum_mismatch`.
    public let kind: String
    /// The description for people, in whole sentences.
    public let message: String
    /// Whether the next lease of the environment repairs it.
    public let isRepairedByLease: Bool

    public init(_ severity: Severity, _ kind: String, _ message: String, isRepairedByLease: Bool = false) {
        self.severity = severity
        self.kind = kind
        self.message = message
        self.isRepairedByLease = isRepairedByLease
    }
}
