import CommandLineProgram
import Commands
import EnvironmentDomain
import JSONText
import Persistence

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The way of one environment from one store to another.
struct StoreMigration: Sendable {
    let name: EnvironmentName
    let source: any EnvironmentArchive
    let target: any EnvironmentArchive
    /// Whether only to say what would be done.
    let isTrial: Bool

    private struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// Moves it, or says why not.
    ///
    /// - Throws: `CancellationError` when it was interrupted.
    func move() async throws(CancellationError) -> Move {
        do {
            try Task.checkCancellation()
            return try await moved()
        } catch {
            guard !Task.isCancelled else { throw CancellationError() }
            return Move(environment: name, outcome: .refused, refusal: reason(error))
        }
    }

    private func reason(_ error: any Error) -> String {
        switch error {
        case let error as RepositoryError: error.message
        case let error as CommandError: error.message
        default: "\(error)"
        }
    }

    /// Why the one that is left behind is frozen.
    private var mark: String { MoveMark(location: target.location).reason }

    private func moved() async throws -> Move {
        guard let before = try await stored(in: source) else { throw Refusal(description: "it is not there any more") }
        let isMarked = before.document.context.freeze?.reason == mark
        let (old, new) = (source.workspace(for: name), target.workspace(for: name))
        if let there = try await stored(in: target) {
            guard there.lineage == before.lineage else {
                throw Refusal(description: "there is one of that name in \(target.location)")
            }
            guard there.serial >= before.serial else {
                throw Refusal(
                    description: "an older state of it is in \(target.location) (serial \(there.serial), here it is "
                        + "\(before.serial)); move that away, or give another place")
            }
            let (here, lines) = (try await source.historyLines(of: name), try await target.historyLines(of: name))
            guard isMarked, let here, let lines, lines.starts(with: here, by: Self.areSame) else {
                throw Refusal(description: "there is another one of that name in \(target.location)")
            }
            // Perhaps by a move that was killed before its end.
            if !isTrial, old != new { try copyFiles(from: old, to: new) }
            let free = isTrial ? there : try await unfrozen(there)
            return Move(environment: name, outcome: .movedBefore, serial: free.serial)
        }
        try check(before.document, from: old, to: new)
        if isTrial { return Move(environment: name, outcome: .wouldBeMoved, serial: before.serial) }
        // A move that was killed put its mark in the place of what the state before it had.
        let original = isMarked ? try await source.state(of: name, at: before.serial - 1) : before
        let freeze = original?.document.context.freeze.flatMap { $0.holds() ? $0 : nil }
        do {
            // From here on nobody changes it; the mark stays, so that nobody continues with what was left behind.
            if !isMarked { try await markSource(before) }
            _ = try await ArchiveMigration(from: source, to: target) { document throws(RepositoryError) in
                let document = old == new ? document : try rewritten(document, from: old, to: new)
                guard let freeze, document.context.freeze?.reason == mark else { return document }
                return try document.frozen(freeze)
            }.migrate(name)
            // The files come last: without what is stored they would be all that is left of an environment.
            if old != new { try copyFiles(from: old, to: new) }
        } catch {
            // In a task of its own, which an interruption of the move does not end.
            let undoing = Task { await takenBack(to: freeze, isMarked ? nil : mark) }
            guard await undoing.value else {
                throw Refusal(
                    description: "\(reason(error)) It stays frozen, because it may have arrived in \(target.location); "
                        + "move it again to find out")
            }
            throw error
        }
        guard let there = try await target.load(name) else {
            throw Refusal(description: "it was removed from \(target.location) a moment ago")
        }
        return Move(environment: name, outcome: .moved, serial: try await unfrozen(there).serial)
    }

    /// Whether two lines are of one save; their checksums differ where paths in the documents do.
    private static func areSame(_ left: HistoryLine, _ right: HistoryLine) -> Bool {
        left.serial == right.serial && left.event == right.event && left.missed == right.missed
    }

    private func check(_ environment: AnyEnvironmentState, from old: Workspace, to new: Workspace) throws(Refusal) {
        guard !StepProcess.isAnyAtWork(in: old) else { throw Refusal(description: "what a step started still works") }
        guard old != new else { return }
        if environment.state == .running, environment.context.provider.kind == .local {
            throw Refusal(description: "its service runs in \(old.instance); destroy it, or keep it there")
        }
        if let place = Self.folders.map({ "\(new.root)/\($0)" }).first(where: TextFile.exists) {
            throw Refusal(description: "\(place) is there already")
        }
    }

    private func markSource(_ before: StoredEnvironment) async throws {
        let marked = try await FreezeCommand(repository: source).freeze(name, reason: mark)
        guard let marked, marked.serial == before.serial + 1 else {
            throw Refusal(description: "another command changed it a moment ago; move it again")
        }
    }

    /// Takes back what was done for a move that came to nothing.
    ///
    /// - Parameters:
    ///   - freeze: the freeze that the source had before.
    ///   - mark: the reason of the freeze that the move put there; `nil` when it put none.
    /// - Returns: whether it was done; not while the environment may be in the target.
    private func takenBack(to freeze: Freeze?, _ mark: String?) async -> Bool {
        guard (try? await target.exists(name)) == false else { return false }
        guard let mark else { return true }
        let run = CommandRun()
        do {
            try await source.withLease(name, for: .unfreeze, run: run) { lease in
                guard let stored = try await lease.stored, stored.document.context.freeze?.reason == mark else {
                    return
                }
                let state = stored.document.state
                _ = try await lease.save(
                    try stored.document.frozen(freeze),
                    event: HistoryEvent(
                        command: .unfreeze, commandID: run.id, change: .transition(from: state, to: state),
                        reason: "it could not be moved"))
            }
            return true
        } catch {
            EnvironmentLog.log(
                LogRecord(
                    level: .warning, message: "an environment that was not moved is still frozen",
                    fields: ["environment_name": name.text, "reason": reason(error)]))
            return true
        }
    }

    /// What was moved, free again unless it was frozen before the move.
    private func unfrozen(_ there: StoredEnvironment) async throws -> StoredEnvironment {
        guard there.document.context.freeze?.reason == mark else { return there }
        return try await FreezeCommand(repository: target).unfreeze(name, reason: "moved from \(source.location)")
            ?? there
    }

    /// The folders of working files; the lock that child processes inherit is none.
    private static let folders = Workspace.names.filter { $0 != Workspace.busyLockName }

    /// Copies the working files that are not there yet; each folder has its name when it is complete.
    private func copyFiles(from old: Workspace, to new: Workspace) throws {
        let files = FileManager.default
        try new.claim()
        for folder in Self.folders where files.fileExists(atPath: "\(old.root)/\(folder)") {
            let (place, partial) = ("\(new.root)/\(folder)", "\(new.root)/\(folder).partial")
            guard !TextFile.exists(place) else { continue }
            if TextFile.exists(partial) { try files.removeItem(atPath: partial) }
            try files.copyItem(atPath: "\(old.root)/\(folder)", toPath: partial)
            try files.moveItem(atPath: partial, toPath: place)
        }
    }

    /// What is stored; `nil` for nothing at all.
    ///
    /// - Throws: `RepositoryError` when it cannot be known, or may not be the newest.
    private func stored(in store: any EnvironmentArchive) async throws(RepositoryError) -> StoredEnvironment? {
        let standing = try await store.standing(of: name)
        if let error = standing.error { throw error }
        return standing.stored
    }

    /// The environment with its own paths leading to where its files are now.
    private func rewritten(
        _ environment: AnyEnvironmentState, from old: Workspace, to new: Workspace
    ) throws(RepositoryError) -> AnyEnvironmentState {
        let keys: Set = ["ssh_priv_key_path", "ssh_pub_key_path", "trace_file"]
        func rewrite(_ value: JSONValue, _ key: String) -> JSONValue {
            switch value {
            case .object(let members):
                .object(JSONObject(members.map { ($0.name, rewrite($0.value, $0.name)) }))
            case .array(let values): .array(values.map { rewrite($0, key) })
            case .string(let text) where keys.contains(key) && text.hasPrefix("\(old.root)/"):
                .string(new.root.text + text.dropFirst(old.root.text.count))
            default: value
            }
        }
        do {
            return try rewrite(JSONValue(encoding: environment), "").decoded(as: AnyEnvironmentState.self)
        } catch {
            throw RepositoryError(
                .serializationFailed, "The paths of \(name) cannot be rewritten: \(error). Nothing was changed.",
                cause: error)
        }
    }
}

extension AnyEnvironmentState {
    /// The same with this freeze, or with none.
    fileprivate func frozen(_ freeze: Freeze?) throws(RepositoryError) -> AnyEnvironmentState {
        do {
            // The only member is named after the state.
            guard case .object(let states) = try JSONValue(encoding: self) else { return self }
            let value = try freeze.map { try JSONValue(encoding: $0) }
            let frozen = states.map { state -> (String, JSONValue) in
                guard var members = state.value.object else { return state }
                members["freeze"] = value
                return (state.name, .object(members))
            }
            return try JSONValue.object(JSONObject(frozen)).decoded(as: AnyEnvironmentState.self)
        } catch {
            throw RepositoryError(
                .serializationFailed, "The freeze of \(name) cannot be written: \(error). Nothing was changed.",
                cause: error)
        }
    }
}
