import DocumentStore
public import EnvironmentDomain
import EnvironmentHost
import OperatingSystem

extension FileEnvironmentRepository {
    public func examine(_ name: EnvironmentName) async -> [Finding] {
        await withBlockingThread { await Examination(repository: self, name: name).findings() }
    }
}

/// An inspection of everything in an environment's folder that is the store's; changes nothing.
private struct Examination {
    let repository: FileEnvironmentRepository
    let name: EnvironmentName

    /// Below this there is trouble ahead, though no save is refused yet (bytes).
    private static let littleSpace = 64 << 20

    private var files: FileLog<AnyEnvironmentState> { repository.files(name) }

    func findings() async -> [Finding] {
        let folder: Folder
        do throws(StoreError) {
            guard let opened = try files.place.folder() else {
                // A record may be all that is left.
                return await repository.standingFindings(of: name)
            }
            folder = opened
        } catch {
            let error = RepositoryError(error)
            return [Finding(.problem, error.code.rawValue, error.message)]
        }
        // A command that is at work changes what is inspected here, and what it leaves is not for others to repair.
        let holder = (try? await files.holder()) ?? nil
        var findings = await repository.standingFindings(of: name)
        findings += disk(folder) + modes(in: folder) + kinds(in: folder)
        if let holder {
            findings.append(Finding(.note, "held", "It is held by \(holder), which is \(holder.condition.rawValue)."))
        } else {
            findings += await leftovers(in: folder)
            findings += await repository.historyFindings(of: name, repository.retention)
        }
        findings += setAside(in: folder)
        do throws(RepositoryError) {
            try repository.workspace(for: name).checkOwner()
            try files.checkOwn(folder)
        } catch {
            findings.append(Finding(.problem, error.code.rawValue, error.message))
        }
        return canBeLeased(findings, folder) ? findings : findings.map { $0.withoutRepair }
    }

    /// Whether a lease can be taken, which then repairs what it can.
    private func canBeLeased(_ findings: [Finding], _ folder: Folder) -> Bool {
        let obstacles = [RepositoryError.Code.foreignFolder, .lockUnusable].map(\.rawValue)
        return !findings.contains { obstacles.contains($0.kind) } && (try? folder.checkWritable()) != nil
    }

    private func disk(_ folder: Folder) -> [Finding] {
        var findings: [Finding] = []
        if let system = folder.networkFileSystem {
            findings.append(
                Finding(
                    .warning, "network_file_system",
                    "The folder is on \(system), where locks are not as sure as on a local disk."))
        }
        if let space = (try? folder.space()) ?? nil, space.available < Self.littleSpace {
            findings.append(Finding(.warning, "little_space", "The disk has \(space.available) bytes left."))
        }
        do throws(SystemError) {
            try folder.checkWritable()
        } catch {
            findings.append(Finding(.note, "read_only", "The folder cannot be written to: \(error.reason)."))
        }
        return findings
    }

    /// What is a file, folder or link where something else belongs.
    private func kinds(in folder: Folder) -> [Finding] {
        let expected: [(String, FileStatus.Kind)] =
            [(DocumentPlace.lockName, .regular), (Workspace.busyLockName, .regular)]
            + Workspace.names.filter { $0 != Workspace.busyLockName }.map { ($0, .folder) }
            + rotatedNames(in: folder).map { ($0, .regular) }
        return expected.compactMap { name, kind in
            guard let found = (try? folder.identity(of: name)) ?? nil, found.kind != kind else { return nil }
            let isLock = name == DocumentPlace.lockName
            return Finding(
                .problem, isLock ? RepositoryError.Code.lockUnusable.rawValue : "wrong_kind",
                "\(folder.path(of: name)) is not a \(kind.words) but a \(found.kind.words)"
                    + "\(isLock ? ", so that no command can work" : ""). Move it away.")
        }
    }

    private func rotatedNames(in folder: Folder) -> [String] {
        Array(((try? LogFiles(folder).names()) ?? []).dropLast())
    }

    private func modes(in folder: Folder) -> [Finding] {
        var findings = ((try? DocumentPlace.filesOpenToOthers(in: folder)) ?? []).map {
            Finding(.warning, "modes", "\(folder.path(of: $0)) is open to others.", isRepairedByLease: true)
        }
        if let status = try? folder.status() {
            if status.mode & 0o077 != 0, (try? folder.isOwnAlone()) == true {
                findings.append(
                    Finding(
                        .warning, "modes", "The folder \(folder.path) is open to others.",
                        isRepairedByLease: (try? files.place.tightens(folder)) == true))
            }
            if status.owner != ThisProcess.userIdentifier {
                findings.append(
                    Finding(.note, "owner", "The folder belongs to another user (number \(status.owner))."))
            }
        }
        return findings
    }

    /// What a holder that was killed left.
    private func leftovers(in folder: Folder) async -> [Finding] {
        var findings: [Finding] = []
        if let holder = (try? await files.abandoned()) ?? nil {
            findings.append(
                Finding(
                    .warning, "abandoned", "A command ended without releasing it: \(holder).", isRepairedByLease: true))
        }
        findings += ((try? folder.names()) ?? []).filter(DocumentPlace.isTemporary).map {
            Finding(.warning, "temporary_file", "\(folder.path(of: $0)) was left by a save.", isRepairedByLease: true)
        }
        if let file = try? folder.open(DocumentPlace.logName, .read), let tail = try? LogTail(file),
            tail.remainder == .torn
        {
            findings.append(
                Finding(
                    .warning, "torn_history", "The log ends in a line that was cut off; it was never acknowledged.",
                    isRepairedByLease: true))
        }
        return findings
    }

    /// What was damaged or edited once and is kept under another name.
    private func setAside(in folder: Folder) -> [Finding] {
        let names = (try? folder.names()) ?? []
        return names.filter { DocumentPlace.isOwn($0) && $0.split(separator: ".").contains("bak") }.map {
            Finding(
                .note, "set_aside",
                "\(folder.path(of: $0)) is kept from an earlier damage; remove it when nobody needs it any more.")
        }
    }
}

extension Finding {
    fileprivate var withoutRepair: Finding { Finding(severity, kind, message) }
}
