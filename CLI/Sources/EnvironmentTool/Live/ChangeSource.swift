import EnvironmentDomain
import Persistence
import Synchronization

#if PostgreSQL
    import PostgresPersistence
#endif

/// Knows which environments may have changed since it was last asked.
protocol ChangeSource {
    mutating func changes() async throws(RepositoryError) -> StoreChange
}

/// Finds changed files by their marks.
struct ChangedFiles: ChangeSource {
    let repository: FileEnvironmentRepository
    /// Whether a data folder that is not there holds no environments; it is out of reach once it was there.
    var mayBeAbsent: Bool
    private var marks: [EnvironmentName: FileEnvironmentRepository.Mark]?

    init(_ repository: FileEnvironmentRepository, mayBeAbsent: Bool) {
        self.repository = repository
        self.mayBeAbsent = mayBeAbsent
    }

    mutating func changes() async throws(RepositoryError) -> StoreChange {
        if repository.hasDataFolder {
            mayBeAbsent = false
        } else if mayBeAbsent {
            return .nothing
        }
        let earlier = marks
        marks = nil
        let new = try await repository.marks()
        marks = new
        guard let earlier else { return .anything }
        return .some(Set(new.keys).union(earlier.keys).filter { new[$0] != earlier[$0] })
    }
}

/// Collects what a store tells.
final class ToldChanges: ChangeSource {
    private let told: Told
    private let task: Task<Void, Never>

    /// What was told since it was last asked for.
    private final class Told: Sendable {
        private let change = Mutex(StoreChange.anything)

        func add(_ other: StoreChange) { change.withLock { $0.formUnion(other) } }

        func take() -> StoreChange {
            change.withLock { change in
                defer { change = .nothing }
                return change
            }
        }
    }

    init(_ repository: any EnvironmentArchive) {
        let told = Told()
        self.told = told
        task = Self.collecting(repository, told)
    }

    deinit { task.cancel() }

    func changes() -> StoreChange { told.take() }

    private static func collecting(_ repository: any EnvironmentArchive, _ told: Told) -> Task<Void, Never> {
        Task { await collect(repository, told) }
    }

    private static func collect(_ repository: any EnvironmentArchive, _ told: Told) async {
        while !Task.isCancelled {
            do {
                try await listen(to: repository) { told.add($0) }
            } catch {
                // Reading the store says why.
                told.add(.anything)
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private static func listen(
        to repository: any EnvironmentArchive, _ tell: @Sendable (StoreChange) -> Void
    ) async throws {
        #if PostgreSQL
            if let database = repository as? PostgresEnvironmentRepository {
                for try await change in database.changes() {
                    switch change {
                    case .anything: tell(.anything)
                    case .saved(let name, _), .removed(let name): tell(.some([name]))
                    }
                }
                return
            }
        #endif
        for try await _ in repository.changes(of: nil) { tell(.anything) }
    }
}
