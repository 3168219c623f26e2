import EnvironmentDomain

/// The releases of an environment, found in the states that an archive keeps.
struct ReleaseHistory {
    private let stored: StoredEnvironment
    private let archive: any EnvironmentArchive
    private let lines: [HistoryLine]

    init(of stored: StoredEnvironment, in archive: any EnvironmentArchive) async throws(CommandError) {
        self.stored = stored
        self.archive = archive
        do {
            lines = try await archive.historyLines(of: stored.document.name) ?? []
        } catch {
            throw CommandError(error)
        }
    }

    /// Whether the environment runs now, or ran when its newest release was started.
    var wasRunning: Bool {
        switch stored.document.state {
        case .running, .runFailed: return true
        default:
            for case .transition(let from?, .releasing) in transitions.reversed()
            where from != .releasing && from != .releaseFailed {
                return from == .running || from == .runFailed
            }
            return false
        }
    }

    private var transitions: [HistoryEvent.Change] {
        lines.flatMap { line in (line.missed + [line.event]).map(\.change) }
    }

    /// Returns the newest release whose parameters differ from the given ones.
    ///
    /// - Throws: ``CommandError`` with `noEarlierRelease` when the archive contains none.
    func newest(differingFrom parameters: [ParameterName: String]) async throws(CommandError) -> EarlierRelease {
        var (found, same): (EarlierRelease?, [EarlierRelease]) = (nil, [])
        try await forEachRelease { release in
            if InputDifference.isSame(release.parameters, parameters) { same.append(release) } else { found = release }
            return found == nil
        }
        if let found { return found }
        throw try await refusal("it has no earlier release with other parameters", newest: same.prefix(Self.named))
    }

    /// Returns the release that was completed with a serial.
    ///
    /// - Throws: ``CommandError`` with `noEarlierRelease` when there was none, or the archive no longer contains its
    ///   state.
    func release(_ serial: Int) async throws(CommandError) -> EarlierRelease {
        guard (1...max(1, stored.serial)).contains(serial) else {
            throw try await refusal("it has no state of serial \(serial)", newest: await newest)
        }
        guard let state = try await state(at: serial) else {
            throw try await refusal("the state of serial \(serial) is not kept any more", newest: await newest)
        }
        guard let release = EarlierRelease(in: state), release.serial == serial else {
            throw try await refusal("no release was completed with serial \(serial)", newest: await newest)
        }
        return release
    }

    /// The number of releases that a refusal names.
    private static let named = 10

    private var newest: ArraySlice<EarlierRelease> {
        get async throws(CommandError) {
            var newest: ArraySlice<EarlierRelease> = []
            try await forEachRelease { release in
                newest.append(release)
                return newest.count < Self.named
            }
            return newest
        }
    }

    /// Reads the releases, the newest first, until `body` returns false.
    private func forEachRelease(_ body: (EarlierRelease) -> Bool) async throws(CommandError) {
        var last = EarlierRelease(in: stored)
        if let last, !body(last) { return }
        for line in lines.reversed() {
            // A state records the serial of its newest complete release, so the states in between need not be read.
            guard line.serial < last?.serial ?? .max, case .transition(_, let to) = line.event.change,
                to == .released || to == .running || to == .runFailed,
                let state = try await state(at: line.serial), let release = EarlierRelease(in: state),
                release.serial != last?.serial
            else { continue }
            last = release
            if !body(release) { return }
        }
    }

    private func state(at serial: Int) async throws(CommandError) -> StoredEnvironment? {
        if serial == stored.serial { return stored }
        do {
            return try await archive.state(of: stored.document.name, at: serial)
        } catch {
            throw CommandError(error)
        }
    }

    private func refusal(
        _ reason: String, newest releases: ArraySlice<EarlierRelease>
    ) async throws(CommandError) -> CommandError {
        let name = stored.document.name
        let kept: [Int]
        do {
            kept = try await archive.states(of: name)
        } catch {
            throw CommandError(error)
        }
        let known =
            releases.isEmpty
            ? "No release of it is kept."
            : "Its newest releases are \(releases.map(\.description).joined(separator: ", "))."
        let gap = kept.count < stored.serial ? " Not every state is kept, so it may have had more." : ""
        var error = CommandError(
            .noEarlierRelease,
            "rollback of \(name) was refused: \(reason). \(known)\(gap) For any other release, start the release again with "
                + "its parameters. Nothing was done.")
        error.lastDurable = stored.document
        return error
    }
}
