import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct MigrateStore: EnvctlCommand {
    static let configuration = CommandConfiguration(
        abstract: "Moves environments to another store, with their history and working files.",
        usage: "envctl migrate-store [<name> ...] --to <dir> [<options>]",
        discussion: """
            Nothing is overwritten there, and nothing is removed here: what was moved stays, frozen, so that nobody \
            goes on with the old one by accident. Moves all environments unless some are named.
            """)

    @Argument(
        help: ArgumentHelp("Only these.", valueName: "name"), completion: GlobalOptions.nameCompletion,
        transform: GlobalOptions.name)
    var only: [EnvironmentName] = []

    @Option(name: .long, help: ArgumentHelp("Where to: another data folder.", valueName: "dir"), completion: .directory)
    var to: String

    @OptionGroup var global: GlobalOptions

    func answer(_ session: Session) async throws -> Answer {
        let source = try session.repository()
        let target = try Store.open(to, like: global)
        guard source.location != target.location else {
            throw UsageError(description: "--to \(to) is where the environments are already")
        }
        for name in only where try await !source.exists(name) { throw try await session.notFound(name) }
        var moves: [Move] = []
        for name in try await only.isEmpty ? source.names() : only {
            moves.append(await StoreMigration(name: name, source: source, target: target).move())
        }
        let refused = moves.count { $0.refusal != nil }
        let report = Report(from: source.location, to: target.location, environments: moves)
        return Answer(
            moves.isEmpty ? ["no environments in \(source.location)"] : moves.map(\.line), json: report,
            failure: refused == 0
                ? nil
                : Failure(.notSaved, "not_moved", "\(refused) of \(moves.count) environments could not be moved."))
    }

    private struct Report: Encodable, Sendable {
        let from: String
        let to: String
        let environments: [Move]
    }
}

/// What came of one environment.
struct Move: Encodable, Sendable {
    let environment: EnvironmentName
    let serial: Int?
    /// Why it was not moved; nil when it was.
    let refusal: String?

    var line: String {
        refusal.map { "\(environment): not moved: \($0.onOneLine)" } ?? "\(environment): moved (serial \(serial ?? 0))"
    }
}

/// The way of one environment from one store to another.
struct StoreMigration: Sendable {
    let name: EnvironmentName
    let source: any EnvironmentArchive
    let target: any EnvironmentArchive

    private struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    func move() async -> Move {
        do {
            return Move(environment: name, serial: try await moved().serial, refusal: nil)
        } catch {
            return Move(environment: name, serial: nil, refusal: reason(error))
        }
    }

    private func reason(_ error: any Error) -> String {
        switch error {
        case let error as RepositoryError: error.message
        case let error as CommandError: error.message
        default: "\(error)"
        }
    }

    private func moved() async throws -> StoredEnvironment {
        guard let before = try await source.load(name) else { throw Refusal(description: "it is not there any more") }
        guard try await !target.exists(name) else {
            throw Refusal(description: "there is one of that name in \(target.location)")
        }
        let (old, new) = (source.workspace(for: name), target.workspace(for: name))
        let movesFiles = old != new
        guard !StepProcess.isAnyAtWork(in: old) else {
            throw Refusal(description: "what a step started still works")
        }
        if movesFiles, before.document.state == .running, before.document.context.provider.kind == .local {
            throw Refusal(description: "its service runs in \(old.instance); destroy it, or keep it there")
        }
        if movesFiles, let place = Self.folders.map({ "\(new.root)/\($0)" }).first(where: TextFile.exists) {
            throw Refusal(description: "\(place) is there already")
        }
        // From here on nobody changes it; the freeze stays, so that nobody goes on with what was left behind.
        let wasFrozen = before.document.context.freeze?.holds() == true
        let stored = try await frozen(before, wasFrozen)
        do {
            if movesFiles { try copyFiles(from: old, to: new) }
            let document = movesFiles ? try rewritten(stored.document, from: old, to: new) : stored.document
            try await target.adopt(
                StoredEnvironment(
                    document: document, lineage: stored.lineage, serial: stored.serial, savedAt: stored.savedAt,
                    line: stored.line),
                history: try await source.historyLines(of: name) ?? [])
        } catch {
            if movesFiles, (try? await target.exists(name)) == false { removeCopies(in: new) }
            if !wasFrozen {
                _ = try await FreezeCommand(repository: source).unfreeze(name, reason: "it could not be moved")
            }
            throw error
        }
        guard !wasFrozen else { return stored }
        let unfrozen = try await FreezeCommand(repository: target)
            .unfreeze(name, reason: "moved from \(source.location)")
        return unfrozen ?? stored
    }

    private func frozen(_ before: StoredEnvironment, _ wasFrozen: Bool) async throws -> StoredEnvironment {
        if wasFrozen { return before }
        let frozen = try await FreezeCommand(repository: source).freeze(name, reason: "moved to \(target.location)")
        guard let frozen, frozen.serial == before.serial + 1 else {
            throw Refusal(description: "another command changed it a moment ago; move it again")
        }
        return frozen
    }

    private static let folders = ["logs", "traces", "keys", "instance", "build"]

    private func copyFiles(from old: Workspace, to new: Workspace) throws {
        let files = FileManager.default
        try files.createDirectory(
            atPath: new.root.text, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for folder in Self.folders where files.fileExists(atPath: "\(old.root)/\(folder)") {
            let place = "\(new.root)/\(folder)"
            try files.copyItem(atPath: "\(old.root)/\(folder)", toPath: place)
        }
    }

    /// Takes back what was copied for a move that came to nothing.
    private func removeCopies(in workspace: Workspace) {
        for folder in Self.folders where TextFile.exists("\(workspace.root)/\(folder)") {
            do {
                try FileManager.default.removeItem(atPath: "\(workspace.root)/\(folder)")
            } catch {
                EnvironmentLog.log(
                    LogRecord(
                        level: .warning, message: "a copy could not be removed",
                        fields: ["path": "\(workspace.root)/\(folder)", "reason": "\(error)"]))
            }
        }
    }

    /// The environment with its own paths leading to where its files are now.
    private func rewritten(
        _ environment: AnyEnvironmentState, from old: Workspace, to new: Workspace
    ) throws -> AnyEnvironmentState {
        let keys: Set = ["ssh_priv_key_path", "ssh_pub_key_path", "trace_file"]
        func rewrite(_ value: JSONValue, _ key: String) -> JSONValue {
            switch value {
            case .object(let members):
                .object(Dictionary(uniqueKeysWithValues: members.map { ($0, rewrite($1, $0)) }))
            case .array(let values): .array(values.map { rewrite($0, key) })
            case .string(let text) where keys.contains(key) && text.hasPrefix("\(old.root)/"):
                .string(new.root.text + text.dropFirst(old.root.text.count))
            default: value
            }
        }
        return try rewrite(JSONValue(encoding: environment), "").decoded(as: AnyEnvironmentState.self)
    }
}
