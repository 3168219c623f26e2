public import EnvironmentDomain
import OperatingSystem

extension FileEnvironmentRepository {
    public func examine(_ name: EnvironmentName) -> [Finding] {
        Examination(store: store(name), name: name).findings()
    }
}

/// A look at everything in an environment's folder that is the store's; changes nothing.
private struct Examination {
    typealias Store = JSONDocumentStore<AnyEnvironmentState>

    let store: Store
    let name: EnvironmentName

    /// Below this there is trouble ahead, though no save is refused yet (bytes).
    private static let littleSpace = 64 << 20

    func findings() -> [Finding] {
        let folder: Folder
        do throws(RepositoryError) {
            guard let opened = try store.openFolder() else { return [] }
            folder = opened
        } catch {
            return [Finding(.problem, error.code.rawValue, error.message)]
        }
        // A command that is at work changes what is looked at here, and what it leaves is not for others to mend.
        let holder = (try? store.holder()) ?? nil
        var findings = stateFindings(in: folder) + disk(folder) + modes(in: folder) + backups(in: folder)
        if let holder {
            findings.append(Finding(.note, "held", "It is held by \(holder), which is \(holder.condition.rawValue)."))
        } else {
            findings += leftovers(in: folder) + history(in: folder)
        }
        return findings + setAside(in: folder)
    }

    private func stateFindings(in folder: Folder) -> [Finding] {
        do throws(RepositoryError) {
            guard let bytes = try store.bytes(in: folder) else { return missingState(in: folder) }
            let stored = try store.decode(bytes, in: folder)
            guard stored.document.name == name else {
                return [
                    Finding(
                        .problem, RepositoryError.Code.wrongEnvironment.rawValue,
                        "The folder holds the environment \(stored.document.name): it was renamed or copied. Give it its "
                            + "name back, or move it away.")
                ]
            }
            var findings: [Finding] = []
            if !store.format.isFaithful(stored, to: bytes) {
                findings.append(
                    Finding(
                        .problem, "unknown_members",
                        "\(store.path) holds members that this program does not know or that stand in it twice."))
            }
            if stored.serial == 0 {
                findings.append(
                    Finding(
                        .note, "bare_document",
                        "The state file is a bare document without checksum and serial; the next save adds them."))
            }
            if let record = try store.emergencyRecord() {
                findings.append(
                    Finding(
                        .problem, "emergency_record", "The emergency record \(record) is newer than what is stored."))
            }
            return findings
        } catch {
            return [Finding(.problem, error.code.rawValue, error.message)]
        }
    }

    /// Nothing is stored after a purge either, and then there is no history.
    private func missingState(in folder: Folder) -> [Finding] {
        guard let last = try? HistoryFile(folder: folder, rotation: store.historyRotation).tail()?.newest else {
            return []
        }
        return [
            Finding(
                .problem, "state_missing",
                "\(store.path) is not there, though the history goes to serial \(last.serial): somebody removed it, or a "
                    + "purge was cut short.\(store.backupAdvice(in: folder))")
        ]
    }

    private func disk(_ folder: Folder) -> [Finding] {
        var findings: [Finding] = []
        if let status = (try? folder.status(of: Store.lockName)) ?? nil, status.kind != .regular {
            findings.append(
                Finding(
                    .problem, RepositoryError.Code.lockUnusable.rawValue,
                    "The lock file \(folder.path(of: Store.lockName)) is not a regular file but a \(status.kind.words), so "
                        + "that no command can work. Move it away."))
        }
        if let system = folder.networkFileSystem {
            findings.append(
                Finding(
                    .warning, "network_file_system",
                    "The folder is on \(system), where locks are not as sure as on a local disk."))
        }
        if let space = (try? folder.space()) ?? nil, space.available < Self.littleSpace {
            findings.append(
                Finding(.warning, "little_space", "The disk has \(space.available) bytes left."))
        }
        do throws(SystemError) {
            try folder.checkWritable()
        } catch {
            findings.append(Finding(.note, "read_only", "The folder cannot be written to: \(error.reason)."))
        }
        return findings
    }

    private func modes(in folder: Folder) -> [Finding] {
        let files = [Store.fileName, Store.lockName, HistoryFile.fileName]
        let open = files.filter { name in
            guard let status = (try? folder.status(of: name)) ?? nil else { return false }
            return status.kind == .regular && status.mode & 0o077 != 0
        }
        var findings = open.map {
            Finding(.warning, "modes", "\(folder.path(of: $0)) is open to others.", isMendedByLease: true)
        }
        if let status = try? folder.status() {
            if status.mode & 0o077 != 0, (try? folder.isOwnAlone()) == true {
                findings.append(
                    Finding(.warning, "modes", "The folder \(folder.path) is open to others.", isMendedByLease: true))
            }
            if status.owner != ThisProcess.userIdentifier {
                findings.append(
                    Finding(.note, "owner", "The folder belongs to another user (number \(status.owner))."))
            }
        }
        return findings
    }

    private func backups(in folder: Folder) -> [Finding] {
        guard let backups = try? folder.folder(Store.backupsName) else { return [] }
        return store.serials(in: backups).sorted().filter { store.backup($0, in: backups) == nil }.map {
            Finding(.warning, "damaged_backup", "The backup \(backups.path(of: Store.backupName($0))) is damaged.")
        }
    }

    /// What a holder that was killed left.
    private func leftovers(in folder: Folder) -> [Finding] {
        var findings: [Finding] = []
        if let holder = (try? store.abandoned()) ?? nil {
            findings.append(
                Finding(
                    .warning, "abandoned", "A command ended without releasing it: \(holder).", isMendedByLease: true))
        }
        let names = (try? folder.names()) ?? []
        findings += names.filter { $0.hasPrefix(".state.") && $0.hasSuffix(".tmp") }.map {
            Finding(.warning, "temporary_file", "\(folder.path(of: $0)) was left by a save.", isMendedByLease: true)
        }
        if let tail = (try? HistoryFile(folder: folder, rotation: store.historyRotation).tail()) ?? nil,
            !tail.torn.isEmpty
        {
            findings.append(
                Finding(.warning, "torn_history", "The history ends in a torn line.", isMendedByLease: true))
        }
        return findings
    }

    private func history(in folder: Folder) -> [Finding] {
        // Each flaw is a finding; that the store logs them too would say everything twice.
        let history = EnvironmentLog.withHandler({ _ in }) { (try? store.history()) ?? nil }
        var findings = (history?.flaws ?? []).map { flaw in
            Finding(
                .warning, "history_flaw",
                "The history is not what was written: \(flaw). What is stored is not touched by it.")
        }
        let last = try? HistoryFile(folder: folder, rotation: store.historyRotation).tail()?.newest?.serial
        if let stored = (try? store.load()) ?? nil, stored.serial > (last ?? 0) {
            findings.append(
                Finding(
                    .warning, "history_behind",
                    "The history ends at serial \(last ?? 0), and stored is serial \(stored.serial).",
                    isMendedByLease: true))
        }
        return findings
    }

    /// What was damaged once and is kept under another name.
    private func setAside(in folder: Folder) -> [Finding] {
        ((try? folder.names()) ?? []).filter { $0.hasPrefix("\(Store.fileName).damaged-") || $0.hasSuffix(".torn") }.map
        {
            Finding(
                .note, "set_aside",
                "\(folder.path(of: $0)) is kept from an earlier damage; remove it when nobody needs it any more.")
        }
    }
}
