import EnvironmentDomain
import OperatingSystem

/// The files of one step in one run: the log, the outputs, and the files of its programs.
struct StepFiles: Sendable {
    let folder: String
    let logName: String
    let outputs: OutputsFile
    let log: StepLog

    /// - Parameters:
    ///   - step: The step's name.
    ///   - position: The step's position among the command's steps, from 1.
    ///   - attempt: The attempt, from 1. Each attempt has its own file of outputs, so that none continues an incomplete
    ///     line of another.
    ///   - run: The identifier of the command's run.
    ///   - workspace: The environment's workspace.
    init(_ step: StepName, position: Int, attempt: Int = 1, run: CommandID, in workspace: Workspace) {
        let name = "\(position < 10 ? "0" : "")\(position)-\(step)"
        folder = "\(workspace.logs)/\(run)"
        logName = "\(name).log"
        log = StepLog(folder: folder, name: logName)
        outputs = OutputsFile(attempt == 1 ? "\(name).outputs" : "\(name).\(attempt).outputs", in: folder)
    }

    /// A file with the standard input of a program.
    final class Input: Sendable {
        let file: OpenFile

        /// Creates the file and removes its name before a program gets it.
        init(_ text: String, in path: String) throws(SystemError) {
            let folder = try Folder.making(path)
            let name = ".input-\(CommandID.random())"
            try folder.open(name, .createNew).write(Array(text.utf8))
            file = try folder.open(name, .read)
            try folder.remove(name)
        }
    }

    func input(_ text: String) throws(StepError) -> Input {
        do {
            return try Input(text, in: folder)
        } catch {
            throw StepError(
                kind: error.isFull ? .diskFull : .notStarted,
                summary: "the standard input of a program cannot be written: \(error)")
        }
    }

    /// Returns the path of a new file for the standard output of a program.
    func newOutputPath() -> String { "\(folder)/\(logName.dropLast(4)).\(CommandID.random()).stdout" }

    /// Removes a file that was copied to the log.
    func remove(_ path: String) {
        do {
            try Folder(folder).remove(lastComponent(of: path))
        } catch {
            EnvironmentLog.log(.warning, "a copied file could not be removed", ["reason": error.description])
        }
    }

    var logPath: String { "\(folder)/\(logName)" }
    /// The path of the file for the events that a program reports as JSON lines.
    var eventsPath: String { "\(folder)/\(logName.dropLast(4)).events.jsonl" }
    /// The log's current size (bytes).
    var logSize: Int { StepLogFile(logPath).size }

    /// Returns the last lines of the log, without escape sequences.
    func logTail(_ count: Int = 20) -> [String] {
        guard let file = try? OpenFile(logPath, .read), let size = try? file.status().size,
            let bytes = try? file.read(from: max(0, size - 64 * 1024))
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).textLines.suffix(count).map(\.asPrinted)
    }
}
