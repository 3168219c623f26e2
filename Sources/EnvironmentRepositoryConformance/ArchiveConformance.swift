public import EnvironmentDomain

/// The checks of an archive's additional promises, for any test framework.
///
///     for check in ArchiveConformance.checks {
///         try await check.run { lockTimeout in MyArchive(lockTimeout: lockTimeout) }
///     }
public enum ArchiveConformance: Sendable {
    /// All checks; each needs an empty archive of its own.
    public static let checks = past + restoring + adopting + watching
}

/// A promise of every archive, and the check for it.
public struct ArchiveCheck: Sendable, CustomStringConvertible {
    /// A function that returns an empty archive with the given lock timeout.
    public typealias MakeArchive = @Sendable (_ lockTimeout: Duration) async throws -> any EnvironmentArchive

    /// The promise, as a sentence.
    public let promise: String
    private let lockTimeout: Duration
    private let body: @Sendable (any EnvironmentArchive, Trial) async throws -> Void

    init(
        _ promise: String, lockTimeout: Duration = .seconds(300),
        _ body: @escaping @Sendable (_ archive: any EnvironmentArchive, _ trial: Trial) async throws -> Void
    ) {
        self.promise = promise
        self.lockTimeout = lockTimeout
        self.body = body
    }

    /// Checks the promise on a new archive; log records of the check are discarded.
    ///
    /// - Throws: ``BrokenPromise`` when the promise is broken, or the error of `make`.
    public func run(_ make: MakeArchive) async throws {
        let archive = try await make(lockTimeout)
        try await reportingBrokenPromise(promise) { try await body(archive, Trial(archive)) }
    }

    /// The promise.
    public var description: String { promise }
}

extension ArchiveConformance {
    static let past = [
        ArchiveCheck("A name that was never saved has no past") { archive, trial in
            try require(try await archive.historyLines(of: trial.name) == nil, "it has a history")
            try require(try await archive.states(of: trial.name) == [], "it has states")
            try require(try await archive.state(of: trial.name, at: 1) == nil, "it has a state")
            try require(try await archive.emergencyRecord(of: trial.name) == nil, "it has a record")
            try require(try await archive.abandoned(trial.name) == nil, "somebody left it")
            try require(try await !archive.isKnown(trial.name), "it is known")
            guard case .nothing = try await archive.standing(of: trial.name) else {
                throw NotKept(detail: "something is stored")
            }
        },
        ArchiveCheck("Every save is a line of the history, in order, with its event") { archive, trial in
            let events = try await trial.saves(3).map(\.event)
            let lines = try await archive.historyLines(of: trial.name) ?? []
            try require(lines.map(\.serial) == [1, 2, 3], "the serials are \(lines.map(\.serial))")
            try require(lines.map(\.event) == events, "the events are others")
            try require(lines.map { $0.previous == nil } == [true, false, false], "the lines are not chained")
        },
        ArchiveCheck("Every state that is kept is read as it was saved, and the newest is kept") { archive, trial in
            let saves = try await trial.saves(3)
            let serials = try await archive.states(of: trial.name)
            try require(serials.last == 3 && serials == serials.sorted(), "the serials are \(serials)")
            let lineage = try await archive.load(trial.name)?.lineage
            for serial in serials {
                let state = try await archive.state(of: trial.name, at: serial)
                try require(state?.document == saves[serial - 1].document, "state \(serial) is another")
                try require(state?.serial == serial && state?.lineage == lineage, "it says that it is another")
            }
            let together = try await archive.states(of: trial.name, at: Set(serials + [99]))
            try require(together.keys.sorted() == serials, "together the serials are \(together.keys.sorted())")
            for (serial, state) in together {
                try require(
                    state.document == saves[serial - 1].document, "state \(serial) is another when read with others")
            }
        },
        ArchiveCheck("A state that was never saved is none") { archive, trial in
            try await trial.saves(2)
            for serial in [-1, 0, 3, Int.max] {
                let state = try await archive.state(of: trial.name, at: serial)
                try require(state == nil, "there is a state of serial \(serial)")
            }
        },
        ArchiveCheck("What is stored stands as it is loaded, and an examination finds no problem") { archive, trial in
            try await trial.saves(2)
            let loaded = try await archive.load(trial.name)
            guard case .stored(let stored) = try await archive.standing(of: trial.name), stored == loaded else {
                throw NotKept(detail: "it has another standing")
            }
            try require(try await archive.isKnown(trial.name), "it is not known")
            let problems = await archive.examine(trial.name).filter { $0.severity == .problem }
            try require(problems.isEmpty, "\(problems.map(\.message))")
        },
        ArchiveCheck("Reading the past needs no lease", lockTimeout: .zero) { archive, trial in
            try await trial.saves(2)
            try await archive.withLease(trial.name, for: .run) { _ in
                try require(try await archive.historyLines(of: trial.name)?.count == 2, "lines are missing")
                try require(try await archive.states(of: trial.name).last == 2, "the newest state is missing")
                try require(try await archive.state(of: trial.name, at: 2) != nil, "the newest state was not read")
                _ = try await archive.standing(of: trial.name)
            }
        },
        ArchiveCheck("What was deleted has no past, and what is made again begins a new one") { archive, trial in
            try await trial.saves(2)
            try await archive.delete(trial.name)
            try require(try await archive.historyLines(of: trial.name) == nil, "it has a history")
            try require(try await archive.states(of: trial.name) == [], "it has states")
            try require(try await !archive.isKnown(trial.name), "it is known")
            let again = try await trial.saves(1)
            let lines = try await archive.historyLines(of: trial.name)
            try require(lines?.map(\.event) == again.map(\.event), "the history has other lines")
        },
    ]

    static let restoring = [
        ArchiveCheck("A restore is a save with the next serial, and its line says why") { archive, trial in
            let saves = try await trial.saves(3)
            let lineage = try await archive.load(trial.name)?.lineage
            let earlier = try await trial.earliest(in: archive)
            let restored = try await archive.restore(trial.name, to: earlier, reason: "it was better")
            try require(restored.document == saves[earlier - 1].document, "another state was restored")
            try require(restored.serial == 4 && restored.lineage == lineage, "the serial is \(restored.serial)")
            try require(try await archive.load(trial.name) == restored, "something else is stored")
            let event = try await archive.historyLines(of: trial.name)?.last?.event
            try require(event?.command == .restore && event?.reason == "it was better", "the line says something else")
        },
        ArchiveCheck("A restore to a state that is not kept changes nothing") { archive, trial in
            try await trial.saves(2)
            let before = try await archive.load(trial.name)
            try await trial.refusal(.recordRefused) { try await archive.restore(trial.name, to: 9, reason: "why") }
            try require(try await archive.load(trial.name) == before, "something was changed")
        },
        ArchiveCheck("A restore needs the lease", lockTimeout: .zero) { archive, trial in
            try await trial.saves(2)
            let before = try await archive.load(trial.name)
            let earlier = try await trial.earliest(in: archive)
            try await archive.withLease(trial.name, for: .run) { _ in
                _ = try await trial.refusal(.lockAcquisitionFailed) {
                    try await archive.restore(trial.name, to: earlier, reason: "why")
                }
            }
            try require(try await archive.load(trial.name) == before, "something was changed")
        },
        ArchiveCheck("What nobody edited is not accepted as an edit") { archive, trial in
            try await trial.saves(1)
            let before = try await archive.load(trial.name)
            try await trial.refusal(.recordRefused) { try await archive.editedState(of: trial.name) }
            try await trial.refusal(.recordRefused) {
                guard let before else { throw NotKept(detail: "nothing is stored") }
                return try await archive.acceptEdit(before, reason: "why")
            }
            try require(try await archive.load(trial.name) == before, "something was changed")
        },
        ArchiveCheck("A record that is not there is not applied") { archive, trial in
            try await trial.saves(1)
            let before = try await archive.load(trial.name)
            do {
                _ = try await archive.recover("/nowhere/record.json", for: trial.name)
                throw NotKept(detail: "it was applied")
            } catch is RepositoryError {
                try require(try await archive.load(trial.name) == before, "something was changed")
            }
        },
    ]

    static let adopting = [
        ArchiveCheck("What is adopted has its lineage, serial, history and earlier states") { archive, trial in
            let (stored, lines, earlier) = try await trial.takenOut(of: archive)
            try await archive.adopt(stored, history: lines, earlier: earlier)
            let found = try await archive.load(trial.name)
            try require(found?.document == stored.document, "another document is stored")
            try require(found?.lineage == stored.lineage && found?.serial == stored.serial, "it is another's")
            let events = try await archive.historyLines(of: trial.name)?.map(\.event)
            try require(events == lines.map(\.event), "the history has other lines")
            for state in earlier {
                let kept = try await archive.state(of: trial.name, at: state.serial)
                try require(kept?.document == state.document, "state \(state.serial) is another")
            }
            try await trial.save()
            let next = try await archive.load(trial.name)?.serial
            try require(next == stored.serial + 1, "the next serial is \(next ?? 0)")
        },
        ArchiveCheck("Nothing is adopted in place of what is stored") { archive, trial in
            let (stored, lines, earlier) = try await trial.takenOut(of: archive)
            try await trial.saves(1)
            let before = try await archive.load(trial.name)
            try await trial.refusal(.recordRefused) {
                try await archive.adopt(stored, history: lines, earlier: earlier)
            }
            try require(try await archive.load(trial.name) == before, "something was changed")
        },
        ArchiveCheck("A history that does not lead up to the state is not adopted") { archive, trial in
            let (stored, lines, _) = try await trial.takenOut(of: archive)
            try await trial.refusal(.recordRefused) {
                try await archive.adopt(stored, history: Array(lines.dropLast()), earlier: [])
            }
            try require(try await archive.load(trial.name) == nil, "something is stored")
        },
        ArchiveCheck("What is forgotten is removed only while it is the state that was shown") { archive, trial in
            try await trial.saves(2)
            let before = try await archive.load(trial.name)
            try await trial.refusal(.conflict) { try await archive.forget(trial.name, at: 1) }
            try require(try await archive.load(trial.name) == before, "another state was removed")
            try await archive.forget(trial.name, at: 2)
            try require(try await archive.load(trial.name) == nil, "it is still stored")
            try require(try await archive.historyLines(of: trial.name) == nil, "it still has a history")
        },
    ]

    static let watching = [
        ArchiveCheck("A watcher is told at once, and again when something is saved") { archive, trial in
            var changes = archive.changes(of: trial.name).makeAsyncIterator()
            try require(try await changes.next() != nil, "the watcher was not told at once")
            try await trial.save()
            try require(try await changes.next() != nil, "the watcher was not told of the save")
        }
    ]
}

extension Trial {
    /// Saves `count` different environments in succession under one lease.
    @discardableResult
    func saves(_ count: Int) async throws -> [(document: AnyEnvironmentState, event: HistoryEvent)] {
        try await repository.withLease(name, for: .provision) { lease in
            var saves: [(AnyEnvironmentState, HistoryEvent)] = []
            for number in 1...count {
                let from: LifecycleState? = try await lease.stored == nil ? nil : .created
                let event = HistoryEvent(
                    command: .provision, commandID: .random(), change: .transition(from: from, to: .created),
                    reason: "number \(number)")
                let document = try specimen()
                try await lease.save(document, event: event)
                saves.append((document, event))
            }
            return saves
        }
    }

    /// Returns the serial of the oldest kept state.
    func earliest(in archive: any EnvironmentArchive) async throws -> Int {
        guard let first = try await archive.states(of: name).first else { throw NotKept(detail: "no state is kept") }
        return first
    }

    /// Saves an environment three times, deletes it, and returns what the archive had stored.
    func takenOut(
        of archive: any EnvironmentArchive
    ) async throws -> (stored: StoredEnvironment, lines: [HistoryLine], earlier: [StoredEnvironment]) {
        try await saves(3)
        guard let stored = try await archive.load(name) else { throw NotKept(detail: "nothing is stored") }
        let lines = try await archive.historyLines(of: name) ?? []
        var earlier: [StoredEnvironment] = []
        for serial in try await archive.states(of: name) where serial < stored.serial {
            if let state = try await archive.state(of: name, at: serial) { earlier.append(state) }
        }
        try await archive.delete(name)
        return (stored, lines, earlier)
    }
}
