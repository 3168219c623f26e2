import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// Watches over the file in which the tool keeps what it made.
///
/// The tool writes it in place, so that a kill leaves it empty or torn, and takes an empty one for "there is nothing".
/// Here it is copied before and after each change and five times a second meanwhile, and nothing is started on one
/// that is not whole, or older than what was seen before.
struct StateProtection: Sendable {
    let build: BuildFolder
    private var copies: StateCopies { StateCopies(path: build.copies) }
    private var path: String { "\(build.infrastructure)/\(ToolState.name)" }

    init(_ build: BuildFolder) { self.build = build }

    // MARK: Before and after a run

    /// Makes sure that the state is there as it was seen last.
    ///
    /// - Returns: which state it is; nil when there is none and never was one, or when it is kept elsewhere.
    /// - Throws: ``StepError`` with the kind `tool_state_damaged`, which names the copy to put back.
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
            // What the tool leaves when it is killed while it makes its first plan.
            try folder.remove(ToolState.name)
            return nil
        case .missing where try !mustBeThere(context, record): return nil
        case .missing, .empty, .torn: throw try damage(state, record)
        }
    }

    /// Makes sure that the state is there as it was seen last, and changes nothing.
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

    /// Notes that the build folder of an earlier apply is gone, so that the one made in its place is not taken for it.
    func noteLoss() throws {
        var record = try StateRecord(build)
        record.isLost = true
        try record.write(build)
    }

    /// Notes that a change begins.
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

    /// Keeps a copy of the state as it is in the middle of a change; one that is being written is left for the next time.
    func keepInterim() throws {
        guard let folder = try existingFolder() else { return }
        let (state, bytes) = try ToolState.read(ToolState.name, in: folder)
        if state.version != nil { try copies.keepInterim(bytes) }
    }

    /// Notes what the state is after a change.
    ///
    /// - Parameters:
    ///   - report: what the tool said in the change.
    ///   - dump: the state as the tool said it when it could write it nowhere.
    /// - Returns: whether the state had to be written back.
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
            // The tool ended before it began to write.
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

    /// Takes back that a change begins: nothing was started.
    func abandon() throws {
        guard !isKeptElsewhere else { return }
        var record = try StateRecord(build)
        record.unfinished = nil
        try record.write(build)
    }

    /// What may be there without the tool's knowing it, after a change that was cut short.
    func unknown(after report: ToolReport.State, _ ending: ToolReport.State.Ending) throws -> [String] {
        let state = try existingFolder().map { try ToolState.read(ToolState.name, in: $0) }
        let bytes = state?.state.version == nil ? try copies.newestContent() : state?.bytes
        return report.unknown(to: bytes.flatMap(ToolState.addresses) ?? [], after: ending)
    }

    /// Takes note of how far a change came whose end was not seen.
    ///
    /// - Returns: the change and what the tool said in it; nil when there is none.
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

    /// The resources that have to be made again, since they are only half made.
    func halfMade() throws -> [String] { try StateRecord(build).halfMade ?? [] }

    // MARK: Looking

    /// The change that was begun and whose end was not seen.
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

    /// Whether the user's files keep the state in a backend of their own, which protects it in its own way.
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

    /// Whether something was made of which the tool's state must know.
    private func mustBeThere(_ context: StepContext, _ record: StateRecord) throws -> Bool {
        if record.version != nil || mayHaveBegun(record) { return true }
        // The build folder may be lost as a whole; what the environment itself knows is not.
        let isKnown = context.environment[.instanceAddress] != nil || record.isLost == true
        return try isKnown && build.read(BuildFolder.nothingLeft) == nil
    }

    /// Whether a change that was not seen to end had begun to make something.
    private func mayHaveBegun(_ record: StateRecord) -> Bool {
        guard let change = record.unfinished else { return false }
        // What it said before a power cut may never have reached the disk.
        guard change.bootID == ThisProcess.bootIdentifier else { return true }
        return ToolReport.of(build.eventsPath(change.command))?.hasStarted ?? false
    }

    // MARK: Rescue

    /// Takes what the tool wrote elsewhere because it could not put it in its place.
    ///
    /// - Returns: whether it was put in its place.
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
            // With the same serial it may be what a person has pushed already.
            let isNewer = current.map { version.follows($0) && version.serial > $0.serial } ?? true
            let isTaken = try isNewer && takeBack(bytes, version, ToolState.errored, context, folder, record)
            if isTaken || current.map({ $0.follows(version) }) == true { try folder.remove(ToolState.errored) }
            return isTaken
        }
    }

    /// Puts a state in its place, unless that would lose a newer one or another's.
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
        // No hint loses anything: what is overwritten was copied, and what is in the way is moved beside it.
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

    /// Copies a state that cannot be used, so that nothing is lost when another is put in its place.
    ///
    /// - Returns: the copy's path; nil when there is nothing to copy.
    private func keepAside(_ state: ToolState) -> String? {
        guard state != .missing, state != .empty, let folder = try? Folder(build.infrastructure),
            let bytes = try? folder.open(ToolState.name, .read).read()
        else { return nil }
        return try? copies.keepAside(bytes)
    }

    /// The command that moves what is at a path beside it; none when nothing is there.
    private func movingAside(_ path: String) -> [String] {
        guard let parent = try? Folder(parentPath(of: path) ?? "/"),
            (try? parent.status(of: lastComponent(of: path))).flatMap(\.self) != nil
        else { return [] }
        let time = Timestamp.now().textInFileName
        return ["mv -n \(path.quotedForShell) \("\(path).before-\(time)".quotedForShell)"]
    }
}
