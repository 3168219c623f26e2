import EnvironmentDomain
import OperatingSystem
import Persistence
import Synchronization

/// A repository in memory that breaks one promise.
struct BrokenRepository: EnvironmentRepository {
    /// The promises, each of which is broken in some way.
    enum Flaw: String, CaseIterable {
        case loadsWhatIsNotThere = "A name that was never saved loads as nil"
        case seesWhatIsNotThere = "Asking for a name that was never saved creates nothing"
        case losesAState = "Every state loads as it was saved"
        case deniesWhatIsThere = "A saved name exists"
        case doesNotSort = "Names are sorted"
        case losesTheLineage = "The serial grows by one with each save, and the lineage stays"
        case showsTheLeaseWhatWasThere = "A save under a lease is seen by the lease and by whoever loads"
        case losesTheEvent = "A save carries its event and the checksum of the line before"
        case savesUnderAnotherName = "A lease refuses the state of another environment"
        case locksToLoad = "Loading needs no lease"
        case deletesOnce = "Deleting twice is deleting once, and leaves nothing"
        case remembersTheDeleted = "An environment that is made again has another lineage and begins at one"
        case doesNotDeleteUnderALease = "A delete under a lease is seen by the lease"
        case doesNotNameTheHolder = "A second lease fails after the timeout and not before, and names the holder"
        case waitsWithoutPatience = "A timeout of zero tries once"
        case isSlowToLetGo = "A released environment is free at once"
        case letsGoForAnother = "A second release does not free the lease of another"
        case savesWithoutALease = "A released lease changes nothing"
        case keepsALeaseOnErrors = "A body that throws releases its lease"
        case leasesToAll = "A lease waits until the other is released"
        case cannotBeCancelled = "Cancelling a task that waits ends it at once"
        case leasesToTheCancelled = "A cancelled task gets no lease even when it is free"
        case hasOneLock = "Different environments never wait for each other"
        case doesNotSayWhoHolds = "The holder is known while the lease is held"
        case losesSaves = "Ten savers and ten loaders see whole states only, and no save is lost"
        case leasesToTwo = "Of eight tasks that contend never two are inside"
    }

    let flaw: Flaw
    let base: InMemoryEnvironmentRepository
    fileprivate let memory = BrokenMemory()

    init(_ flaw: Flaw, lockTimeout: Duration) throws {
        self.flaw = flaw
        base = try InMemoryEnvironmentRepository(lockTimeout: lockTimeout)
    }

    var lockTimeout: Duration { base.lockTimeout }

    func acquireLease(
        _ name: EnvironmentName, for command: CommandName, run: CommandRun
    ) async throws(RepositoryError) -> any EnvironmentLease {
        switch flaw {
        case .leasesToAll, .leasesToTwo:
            return BrokenLease(nil, name, self)
        case .leasesToTheCancelled:
            // A separate task is not cancelled with the waiting one.
            let base = base
            let task = Task { () async -> Result<any EnvironmentLease, RepositoryError> in
                do throws(RepositoryError) {
                    return .success(try await base.acquireLease(name, for: command, run: run))
                } catch {
                    return .failure(error)
                }
            }
            return BrokenLease(try await task.value.get(), name, self)
        case .cannotBeCancelled:
            do throws(RepositoryError) {
                return try await base.acquireLease(name, for: command, run: run)
            } catch {
                throw RepositoryError(.lockAcquisitionFailed, "Cancelled, and told as something else.")
            }
        case .waitsWithoutPatience:
            throw RepositoryError(.lockAcquisitionFailed, "Never.")
        case .isSlowToLetGo where await memory.count() > 1:
            throw RepositoryError(.lockAcquisitionFailed, "Not yet.")
        case .hasOneLock:
            return BrokenLease(
                try await base.acquireLease(memory.only(name), for: command, run: run), name, self)
        case .doesNotNameTheHolder:
            do throws(RepositoryError) {
                return try await base.acquireLease(name, for: command, run: run)
            } catch {
                throw RepositoryError(error.code, error.message)
            }
        default:
            return BrokenLease(try await base.acquireLease(name, for: command, run: run), name, self)
        }
    }

    func load(_ name: EnvironmentName) async throws(RepositoryError) -> StoredEnvironment? {
        let stored = await base.load(name)
        switch flaw {
        case .loadsWhatIsNotThere: return try? StoredEnvironment.made(document: Sample.next())
        case .losesAState: return stored?.document.state == .destroyed ? nil : stored
        case .losesTheLineage: return stored.map { .made(document: $0.document, serial: $0.serial) }
        case .losesSaves: return stored.map { .made(document: $0.document, serial: $0.serial - 1) }
        case .remembersTheDeleted:
            return stored.map { .made(document: $0.document, lineage: memory.lineage, serial: $0.serial) }
        case .locksToLoad:
            let lease = try await base.acquireLease(name, for: .run, run: CommandRun())
            await lease.release()
            return stored
        default: return stored
        }
    }

    func exists(_ name: EnvironmentName) async throws(RepositoryError) -> Bool {
        switch flaw {
        case .seesWhatIsNotThere: true
        case .deniesWhatIsThere: false
        default: await base.exists(name)
        }
    }

    func names() async -> [EnvironmentName] {
        await flaw == .doesNotSort ? base.names().reversed() : base.names()
    }

    func holder(of name: EnvironmentName) async -> LeaseHolder? {
        await flaw == .doesNotSayWhoHolds || flaw == .letsGoForAnother ? nil : base.holder(of: name)
    }

    func delete(_ name: EnvironmentName) async throws {
        if flaw == .deletesOnce, try await !exists(name) {
            throw RepositoryError(.deleteStateFailed, "There is nothing.")
        }
        try await withLease(name, for: .purge) { lease in try await lease.delete() }
    }

    func workspace(for name: EnvironmentName) -> Workspace { base.workspace(for: name) }
}

/// The state of a broken repository besides the stored environments.
private actor BrokenMemory {
    nonisolated let lineage = Lineage.random()
    private var leases = 0
    private var first: EnvironmentName?
    private var kept: [any EnvironmentLease] = []

    func keep(_ lease: (any EnvironmentLease)?) { if let lease { kept.append(lease) } }

    /// Returns the number of calls so far.
    func count() -> Int {
        leases += 1
        return leases
    }

    /// Returns the first requested name.
    func only(_ name: EnvironmentName) -> EnvironmentName {
        first = first ?? name
        return first ?? name
    }
}

/// A lease that breaks its repository's promise; without a base it protects nothing.
private final class BrokenLease: EnvironmentLease {
    let name: EnvironmentName
    private let base: (any EnvironmentLease)?
    private let repository: BrokenRepository

    init(_ base: (any EnvironmentLease)?, _ name: EnvironmentName, _ repository: BrokenRepository) {
        self.base = base
        self.name = name
        self.repository = repository
    }

    private var flaw: BrokenRepository.Flaw { repository.flaw }

    var stored: StoredEnvironment? {
        get async throws(RepositoryError) {
            flaw == .showsTheLeaseWhatWasThere ? nil : try await base?.stored
        }
    }

    func save(
        _ environment: AnyEnvironmentState, event: HistoryEvent
    ) async throws(RepositoryError) -> StoredEnvironment {
        if flaw == .savesWithoutALease { return .made(document: environment) }
        if flaw == .savesUnderAnotherName, environment.name != name { return .made(document: environment) }
        guard let base else { return .made(document: environment) }
        let saved = try await base.save(environment, event: event)
        return flaw == .losesTheEvent ? .made(document: environment, serial: saved.serial) : saved
    }

    func keepEmergencyRecord() -> String? { nil }
    func note(_ command: CommandName, _ run: CommandRun, step: StepName?) async {
        await base?.note(command, run, step: step)
    }

    func delete() async throws(RepositoryError) {
        if flaw != .doesNotDeleteUnderALease { try await base?.delete() }
    }

    func release() async {
        // A lease that is dropped is released, too.
        if flaw == .keepsALeaseOnErrors { await repository.memory.keep(base) } else { await base?.release() }
    }
}

extension StoredEnvironment {
    fileprivate static func made(
        document: AnyEnvironmentState, lineage: Lineage? = nil, serial: Int = 1
    ) -> StoredEnvironment {
        StoredEnvironment(document: document, lineage: lineage, serial: serial, savedAt: nil, line: nil)
    }
}
