import EnvironmentDomain
import OperatingSystem
import Synchronization

/// The file `$OUTPUTS` of one attempt of a step.
final class OutputsFile: Sendable {
    private let folder: String
    private let name: String
    private let isMade = Mutex(false)
    private let appended = Mutex<[String: String]>([:])

    var path: String { "\(folder)/\(name)" }

    init(_ name: String, in folder: String) {
        self.name = name
        self.folder = folder
    }

    /// Creates the file, so that this process owns it with a private mode before a program appends to it.
    func make() throws(StepError) {
        do {
            if isMade.withLock(\.self), try OpenFile(path, .read).status().kind == .regular { return }
            _ = try Folder.making(folder).open(name, .appendCreating)
            isMade.withLock { $0 = true }
        } catch  where error.isNotFound {
            throw removed
        } catch {
            throw StepError(
                kind: error.isFull ? .diskFull : .notStarted,
                summary: "the file of $OUTPUTS cannot be made: \(error)")
        }
    }

    /// Appends an output with a valid name.
    ///
    /// - Throws: ``StepError`` when the value is invalid or the file cannot be written.
    func append(_ name: String, _ value: String) throws(StepError) {
        let hasPlainForm = Outputs.fault(name: name.utf8, value: value.utf8) == nil
        guard
            let text = hasPlainForm
                ? Outputs.text(name: name, value: value) : Outputs.exactLine(name, value).map({ $0 + "\n" })
        else {
            throw StepError(
                kind: .invalidOutput,
                summary:
                    "the output \(name) cannot be stored: a value has at most \(Outputs.valueLimit) bytes and no zero "
                    + "byte, and this one has \(value.utf8.count) bytes")
        }
        try make()
        do {
            let file = try Folder.making(folder).open(self.name, .appendCreating)
            try file.write(Array(text.utf8))
        } catch {
            throw StepError(kind: .invalidOutput, summary: "the output \(name) cannot be set: \(error)")
        }
        appended.withLock { $0[name] = value }
    }

    /// Returns the value of an output that this process appended; `nil` for none.
    func value(of name: String) -> String? { appended.withLock { $0[name] } }

    /// Reads the outputs; there are none when the file was never created.
    ///
    /// - Parameter isFinished: Whether the step succeeded.
    /// - Throws: ``StepError`` when the file was removed or cannot be read.
    func read(isFinished: Bool) throws(StepError) -> Outputs {
        guard isMade.withLock(\.self) else { return Outputs() }
        do {
            return Outputs(try OpenFile(path, .read).read(limit: Outputs.fileLimit + 1), isFinished: isFinished)
        } catch  where error.isNotFound {
            throw removed
        } catch {
            throw StepError(kind: .invalidOutput, summary: "what the step set in $OUTPUTS cannot be read: \(error)")
        }
    }

    private var removed: StepError {
        StepError(
            kind: .outputsRemoved,
            summary: "\(path) was removed while the step ran, and what the step set in $OUTPUTS is lost with it")
    }

    /// Adds the outputs that an interrupted step had set, in all its attempts, to the stored ones.
    ///
    /// Outputs that cannot be used are logged.
    static func recover(
        _ step: StepName, run: CommandID, in workspace: Workspace, into stored: inout [String: String]
    ) {
        let folder = "\(workspace.logs)/\(run)"
        do {
            // The names are 02-step.outputs, 02-step.2.outputs and so on.
            let files = try Folder(folder).names().compactMap { name -> (name: String, attempt: Int)? in
                let parts = name.parts(at: ".")
                guard parts.count >= 2, parts.last == "outputs",
                    let dash = parts[0].utf8.firstIndex(of: UInt8(ascii: "-")),
                    parts[0][dash...] == "-\(step)"
                else { return nil }
                return (name, parts.count == 3 ? Int(parts[1]) ?? 1 : 1)
            }
            for file in files.sorted(by: { $0.attempt < $1.attempt }) {
                let bytes = try OpenFile("\(folder)/\(file.name)", .read).read(limit: Outputs.fileLimit + 1)
                let outputs = Outputs(bytes, isFinished: false)
                for complaint in outputs.complaints + outputs.merge(into: &stored) {
                    warn(complaint, step, "\(folder)/\(file.name)")
                }
            }
        } catch  where error.isNotFound {
            // The step was interrupted before it created the folder.
        } catch {
            warn("\(error)", step, folder)
        }
    }

    private static func warn(_ reason: String, _ step: StepName, _ path: String) {
        EnvironmentLog.log(
            .warning, "not everything that an interrupted step set could be used",
            ["step": step.text, "path": path, "reason": reason])
    }
}
