import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// The protection of the state file of OpenTofu or Terraform.
///
/// OpenTofu and Terraform write the file in place, so a kill can leave it empty or torn, and they read an empty file as
/// "no resources". Therefore the file is copied before and after each change, and five times a second during a change.
/// Nothing is started with a state that is incomplete, or older than the last one that was seen.
struct StateProtection: Sendable {
    let build: BuildFolder
    private var copies: StateCopies { StateCopies(path: build.copies) }
    private var path: String { "\(build.infrastructure)/\(ToolState.name)" }

    init(_ build: BuildFolder) { self.build = build }

    // MARK: Before and after a run

    /// Checks that the state is complete and not older than the last one that was seen, and copies it.
    ///
    /// - Returns: The version of the state; `nil` when there never was a state, or when a backend of the user keeps it.
    /// - Throws: ``StepError`` with the kind `tool_state_damaged`, whose summary names the copy to restore.
    @discardableResult
    func check(_ context: StepContext) throws -> ToolState.Version? {
        guard !isKeptElsewhere else {
            context.log(
                "the state of OpenTofu or Terraform is kept by a backend of the user's and not watched over here")
            return nil
        }
        let record = try StateRecord(build)
        guard let folder = try existingFolder() else {
            if try mustBeThere(context, record) { throw try damage(.missing, record) }
            return nil
        }
        try takeErrored(context, folder, record)
        let (state, bytes) = try ToolState.read(ToolState.name, in: folder)
        switch state {
        case .whole(let version):
            if let known = record.version, !version.follows(known) { throw try damage(state, record) }
            try copies.keep(bytes, version)
            return version
        case .empty where try !mustBeThere(context, record):
            // A kill during the first plan leaves an empty file.
            try folder.remove(ToolState.name)
            return nil
        case .missing where try !mustBeThere(context, record): return nil
        case .missing, .empty, .torn: throw try damage(state, record)
        }
    }

    /// Checks that the state is complete and not older than the last one that was seen, without changing anything.
    ///
    /// - Throws: ``StepError`` with the kind `nothing_applied` or `tool_state_damaged`.
    func checkWhole(_ context: StepContext) throws {
        guard !isKeptElsewhere else { return }
        let record = try StateRecord(build)
        guard try mustBeThere(context, record) else {
            throw StepError(
                kind: "nothing_applied", summary: "nothing was applied yet, so there is nothing to compare with")
        }
        let state = try existingFolder().map { try ToolState.read(ToolState.name, in: $0).state } ?? .missing
        guard let version = state.version, record.version.map({ version.follows($0) }) ?? true else {
            throw try damage(state, record)
        }
    }

    /// Records that the build folder of an earlier apply was lost, so that the new folder is not mistaken for it.
    func noteLoss() throws {
        var record = try StateRecord(build)
        record.isLost = true
        try record.write(build)
    }

    /// Records the intent of a change.
    func begin(_ command: String) throws {
        guard !isKeptElsewhere else { return }
        try build.open().remove(BuildFolder.nothingLeft)
        var record = try StateRecord(build)
        record.version = try version() ?? record.version
        record.isLost = nil
        record.unfinished = StateRecord.Change(
            command: command, startedAt: .now(), bootID: ThisProcess.bootIdentifier)
        try record.write(build)
    }

    /// Copies the state in the middle of a change; does nothing while the state is being written.
    func keepInterim() throws {
        guard let folder = try existingFolder() else { return }
        let (state, bytes) = try ToolState.read(ToolState.name, in: folder)
        if state.version != nil { try copies.keepInterim(bytes) }
    }

    /// Records the state after a change.
    ///
    /// - Parameters:
    ///   - context: The step's context.
    ///   - report: The report of the change.
    ///   - dump: The state that OpenTofu or Terraform printed because it could not write it; `nil` for none.
    /// - Returns: Whether the state had to be written to its file from the dump or from `errored.tfstate`.
    /// - Throws: ``StepError`` with the kind `tool_state_damaged`.
    func end(_ context: StepContext, _ report: ToolReport.State, dump: [UInt8]?) throws -> Bool {
        guard !isKeptElsewhere, let folder = try existingFolder() else { return false }
        var record = try StateRecord(build)
        let before = record.halfMade ?? []
        record.note(halfMade: report.halfMade(after: before, untainted: nil))
        var isWrittenBack = false
        if let dump, let version = ToolState(dump).version {
            isWrittenBack = try takeBack(dump, version, "its output", context, folder, record)
        }
        if try takeErrored(context, folder, record) { isWrittenBack = true }
        let (state, bytes) = try ToolState.read(ToolState.name, in: folder)
        guard let version = state.version else {
            // OpenTofu or Terraform ended before it wrote anything.
            if state == .missing && record.version == nil && !report.hasStarted {
                try abandon()
                return false
            }
            throw try damage(state, record)
        }
        if let known = record.version, !version.follows(known) { throw try damage(state, record) }
        try copies.keep(bytes, version)
        record.note(halfMade: report.halfMade(after: before, untainted: ToolState.untainted(bytes)))
        record.version = version
        record.unfinished = nil
        try record.write(build)
        return isWrittenBack
    }

    /// Removes the recorded intent of a change that was not started.
    func abandon() throws {
        guard !isKeptElsewhere else { return }
        var record = try StateRecord(build)
        record.unfinished = nil
        try record.write(build)
    }

    /// Returns the addresses of resources that may exist without being in the state, after a change that did not
    /// complete.
    func unknown(after report: ToolReport.State, _ ending: ToolReport.State.Ending) throws -> [String] {
        let state = try existingFolder().map { try ToolState.read(ToolState.name, in: $0) }
        let bytes = state?.state.version == nil ? try copies.newestContent() : state?.bytes
        return report.unknown(to: bytes.flatMap(ToolState.addresses) ?? [], after: ending)
    }

    /// Updates the record from the report of an unfinished change.
    ///
    /// - Returns: The change and its report; `nil` when there is no unfinished change.
    func lookAtUnfinished() throws -> (change: StateRecord.Change, report: ToolReport.State)? {
        var record = try StateRecord(build)
        guard let change = record.unfinished else { return nil }
        let report = ToolReport.of(build.eventsPath(change.command)) ?? ToolReport.State()
        let bytes = try existingFolder().map { try ToolState.read(ToolState.name, in: $0) }?.bytes
        record.note(
            halfMade: report.halfMade(after: record.halfMade ?? [], untainted: bytes.flatMap(ToolState.untainted)))
        try record.write(build)
        return (change, report)
    }

    /// Returns the addresses of the incomplete resources, which must be made again.
    func halfMade() throws -> [String] { try StateRecord(build).halfMade ?? [] }

    // MARK: The recorded state

    /// Returns the change that was started and not seen to end; `nil` for none.
    func unfinished() throws(StepError) -> StateRecord.Change? { try StateRecord(build).unfinished }

    private func version() throws -> ToolState.Version? {
        guard let folder = try existingFolder() else { return nil }
        return try ToolState.read(ToolState.name, in: folder).state.version
    }

    private func existingFolder() throws(SystemError) -> Folder? {
        do {
            return try Folder(build.infrastructure)
        } catch  where error.isNotFound {
            return nil
        }
    }

    /// Whether a backend of the user's files keeps the state, which then is not protected here.
    var isKeptElsewhere: Bool {
        struct Initialized: Decodable {
            let backend: Backend?
            struct Backend: Decodable {
                let type: String
                let config: Configuration?
            }
            struct Configuration: Decodable { let path: String? }
        }
        guard let bytes = try? OpenFile("\(build.infrastructure)/.terraform/\(ToolState.name)", .read).read(),
            let backend = try? JSONTextDecoder().decode(Initialized.self, from: bytes).backend
        else { return false }
        return backend.type != "local" || backend.config?.path != nil
    }

    /// Returns whether resources may have been made, so that the state must exist.
    private func mustBeThere(_ context: StepContext, _ record: StateRecord) throws -> Bool {
        if record.version != nil || mayHaveBegun(record) { return true }
        // The whole build folder may be lost, but the outputs of the environment are not.
        let isKnown = context.environment[.instanceAddress] != nil || record.isLost == true
        return try isKnown && build.read(BuildFolder.nothingLeft) == nil
    }

    /// Returns whether an unfinished change may have started to make a resource.
    private func mayHaveBegun(_ record: StateRecord) -> Bool {
        guard let change = record.unfinished else { return false }
        // Events from before a power failure may not have reached the disk.
        guard change.bootID == ThisProcess.bootIdentifier else { return true }
        return ToolReport.of(build.eventsPath(change.command))?.hasStarted ?? false
    }

    // MARK: Rescue

    /// Restores the state from `errored.tfstate`, which OpenTofu or Terraform writes when it cannot write its state
    /// file.
    ///
    /// - Returns: Whether the state was restored.
    @discardableResult
    private func takeErrored(_ context: StepContext, _ folder: Folder, _ record: StateRecord) throws -> Bool {
        let (errored, bytes) = try ToolState.read(ToolState.errored, in: folder)
        switch errored {
        case .missing: return false
        case .empty:
            try folder.remove(ToolState.errored)
            return false
        case .torn(let reason):
            context.log("\(folder.path(of: ToolState.errored)) is of no use: \(reason)")
            return false
        case .whole(let version):
            let current = try ToolState.read(ToolState.name, in: folder).state.version
            // A state with the same serial may have been pushed by a person already.
            let isNewer = current.map { version.follows($0) && version.serial > $0.serial } ?? true
            let isTaken = try isNewer && takeBack(bytes, version, ToolState.errored, context, folder, record)
            if isTaken || current.map({ $0.follows(version) }) == true { try folder.remove(ToolState.errored) }
            return isTaken
        }
    }

    /// Writes a state to its file, unless that would replace a newer state or one of another lineage.
    ///
    /// - Returns: Whether the state was written.
    private func takeBack(
        _ bytes: [UInt8], _ version: ToolState.Version, _ source: String, _ context: StepContext, _ folder: Folder,
        _ record: StateRecord
    ) throws -> Bool {
        let before = try ToolState.read(ToolState.name, in: folder).state.version
        guard [record.version, before].compactMap(\.self).allSatisfy({ version.follows($0) }) else { return false }
        try folder.put(bytes, at: ToolState.name)
        guard try ToolState.read(ToolState.name, in: folder).bytes == bytes else { throw SystemError.changed(path) }
        try copies.keep(bytes, version)
        let message = "OpenTofu or Terraform could not write its state; it was written back from \(source)"
        context.log("\(message), serial \(version.serial): \(path)")
        EnvironmentLog.log(
            .warning, message,
            ["environment_name": context.environment.name.text, "path": path, "serial": "\(version.serial)"])
        return true
    }

    // MARK: Refusal

    private func damage(_ state: ToolState, _ record: StateRecord) throws -> StepError {
        let lineage = record.version?.lineage
        let what =
            switch state {
            case .missing: "is not there any more"
            case .empty: "is empty"
            case .torn(let reason): "is damaged: \(reason)"
            case .whole(let version) where version.lineage != lineage:
                "is another's: its lineage is \(version.lineage), and \(lineage ?? "none") was seen last"
            case .whole(let version):
                "is older (serial \(version.serial)) than what was seen last (serial \(record.version?.serial ?? 0))"
            }
        let begun =
            record.unfinished.map { " The \($0.command) that began at \($0.startedAt) was not seen to end." } ?? ""
        let recordPath = "\(build.path)/\(BuildFolder.record)"
        // No command in the message loses data: it overwrites only files that were copied, and renames the others.
        let kept = keepAside(state)
        let way: String
        if let copy = try copies.newest(of: lineage) {
            way =
                "The newest copy is \(copy.path) (serial \(copy.version.serial)); put it back with: cp "
                + "\(copy.path.quotedForShell) \(path.quotedForShell)"
        } else {
            let nothingLeft = "\(build.path)/\(BuildFolder.nothingLeft)"
            let commands =
                ["mkdir -p \(build.path.quotedForShell)"] + movingAside(path) + movingAside(recordPath)
                + ["touch \(nothingLeft.quotedForShell)"]
            way =
                "There is no copy. Find out by its tags or names what exists and remove it by hand, then start again with: "
                + commands.joined(separator: " && ")
        }
        let accept: String
        if case .whole = state {
            accept = ". If it is right as it is: rm \(recordPath.quotedForShell)"
        } else {
            accept = ""
        }
        return StepError(
            kind: "tool_state_damaged",
            summary:
                "the OpenTofu or Terraform state \(path) \(what)\(kept.map { ", and was copied to \($0)" } ?? "").\(begun) To continue without it would make everything a second time. "
                + "\(way)\(accept)")
    }

    /// Copies a state that cannot be used, so that nothing is lost when another state replaces it.
    ///
    /// - Returns: The path of the copy; `nil` when there is nothing to copy.
    private func keepAside(_ state: ToolState) -> String? {
        guard state != .missing, state != .empty, let folder = try? Folder(build.infrastructure),
            let bytes = try? folder.open(ToolState.name, .read).read()
        else { return nil }
        return try? copies.keepAside(bytes)
    }

    /// Returns the command that renames the file at a path; empty when there is no file.
    private func movingAside(_ path: String) -> [String] {
        guard let parent = try? Folder(parentPath(of: path) ?? "/"),
            (try? parent.status(of: lastComponent(of: path))).flatMap(\.self) != nil
        else { return [] }
        let time = Timestamp.now().textInFileName
        return ["mv -n \(path.quotedForShell) \("\(path).before-\(time)".quotedForShell)"]
    }
}
