import DocumentStore
public import EnvironmentDomain
import OperatingSystem
import Persistence

extension EnvironmentSession {
    /// Removes everything of a destroyed environment except its lock file.
    ///
    /// - Parameter evenIfDamaged: Whether to remove also an environment that cannot be read.
    /// - Returns: The removed state, or inner `nil` when it could not be read; outer `nil` when there was nothing to
    ///   remove.
    public func purge(evenIfDamaged: Bool = false) async throws -> StoredEnvironment?? {
        let standing = try await repository.standing(of: name)
        if case .nothing = standing, try await !repository.isKnown(name) { return nil }
        let found = try checkPurge(of: standing, evenIfDamaged)
        return try await repository.withLease(name, for: .purge) { lease in
            // Another command may have created the environment in the meantime.
            let stored = evenIfDamaged ? (try? await lease.stored) ?? nil : try await lease.stored
            if let stored { try checkPurge(of: stored) }
            try await lease.delete(evenIfDamaged: evenIfDamaged)
            return .some(stored ?? found)
        }
    }

    /// Returns the state that a purge would remove; `nil` when nothing is stored, or when it cannot be read.
    ///
    /// - Throws: `Failure` for an environment that must not be purged, or `RepositoryError` for one that is damaged or
    ///   may not be the newest.
    public func storedForPurge(evenIfDamaged: Bool) async throws -> StoredEnvironment? {
        try checkPurge(of: try await repository.standing(of: name), evenIfDamaged)
    }

    private func checkPurge(of standing: EnvironmentStanding, _ evenIfDamaged: Bool) throws -> StoredEnvironment? {
        if !evenIfDamaged, let error = standing.error { throw error }
        if let stored = standing.stored { try checkPurge(of: stored) }
        return standing.stored
    }

    /// Returns the paths that a purge removes from this machine: the working files, and the files of a file store.
    public func filesToPurge() throws -> [String] {
        // An environment that was moved to a database may have left files of the file store here.
        let isStore = repository is FileEnvironmentRepository
        let path = repository.workspace(for: name).root.text
        let names: [String]
        do {
            names = try Folder(path).names()
        } catch {
            if error.isNotFound { return [] }
            throw error
        }
        return names.sorted().filter {
            Workspace.names.contains($0) || isStore && DocumentPlace.isOwn($0) && $0 != DocumentPlace.lockName
        }.map { "\(path)/\($0)" }
    }

    /// Throws when the environment is not destroyed, or is frozen.
    private func checkPurge(of stored: StoredEnvironment) throws(Failure) {
        if let freeze = stored.document.context.freeze, freeze.holds() {
            throw Failure(
                .wrongState, "frozen", "purge of \(name) was refused: it is \(freeze). Nothing was removed.",
                next: invocations.unfreeze())
        }
        let state = stored.document.state
        guard state == .destroyed else {
            throw Failure(
                .wrongState, "wrong_state",
                "\(name) is in state \(state), and only a destroyed environment can be purged. Nothing was removed.",
                next: invocations.destroy())
        }
    }
}
