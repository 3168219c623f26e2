import EnvironmentDomain
import OperatingSystem

/// Where the log and the outputs of one step in one run are kept.
struct StepFiles: Sendable {
    let folder: String
    let logName: String
    let outputs: OutputsFile
    let log: StepLog

    /// - Parameters:
    ///   - position: the step's place among the command's steps, from 1.
    ///   - attempt: each has a file of outputs, so that the next does not continue a line that one left torn.
    init(_ step: StepName, position: Int, attempt: Int = 1, run: CommandID, in workspace: Workspace) {
        let name = "\(position < 10 ? "0" : "")\(position)-\(step)"
        folder = "\(workspace.logs)/\(run)"
        logName = "\(name).log"
        log = StepLog(folder: folder, name: logName)
        outputs = OutputsFile(attempt == 1 ? "\(name).outputs" : "\(name).\(attempt).outputs", in: folder)
    }

    /// What a program of the step reads from its standard input.
    final class Input: Sendable {
        let file: OpenFile

        /// Makes a file that has no name any more when a program is given it.
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

    /// The path of a file for what one program writes to standard output.
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
    /// What a tool that reports in JSON lines printed.
    var eventsPath: String { "\(folder)/\(logName.dropLast(4)).events.jsonl" }
    /// The log's size now (bytes).
    var logSize: Int { StepLogFile(logPath).size }

    /// The last lines of the log.
    func logTail(_ count: Int = 20) -> [String] {
        guard let file = try? OpenFile(logPath, .read), let size = try? file.status().size,
            let bytes = try? file.read(from: max(0, size - 64 * 1024))
        else { return [] }
        return String(decoding: bytes, as: UTF8.self).textLines.suffix(count).map(\.asPrinted)
    }
}
