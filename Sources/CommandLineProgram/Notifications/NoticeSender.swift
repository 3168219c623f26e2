import EnvironmentDomain
import JSONText
import OperatingSystem

/// Delivers notices to one target, each by a program that is given a time.
struct NoticeSender {
    let target: NotificationTarget
    /// The program that sends, by its name.
    let generator: String
    /// Where the program's input and output are for a moment.
    let folder: Folder

    /// Delivers a notice.
    ///
    /// - Returns: why it was not delivered; `nil` when it was.
    func send(_ notice: Notice, timeout: Duration) async throws -> String? {
        let document = String(decoding: try JSONTextEncoder(style: .sortedNames).encode(notice), as: UTF8.self)
        let (command, input): ([String], String)
        switch target.way {
        case .command(let script): (command, input) = (["/bin/sh", "-c", script], document + "\n")
        case .webhook(let address):
            guard let curl = ThisProcess.findProgram("curl") else {
                return "curl is not on the PATH (apt-get install curl)"
            }
            // On its standard input nobody else on this machine can read the address.
            (command, input) = ([curl, "--config", "-"], settings(address, document, timeout))
        }
        let inputFile = try temporaryFile(input)
        var request = ChildProcess.Request(
            command: command, environment: ThisProcess.variables.merging(notice.variables) { $1 },
            graceWhenOrphaned: .seconds(1))
        request.input = inputFile.descriptor
        let output = try temporaryFile("")
        let child = try ChildProcess(request, output: output)
        try inputFile.close()
        let watch = Task {
            try await Task.sleep(for: timeout)
            child.stop(grace: .milliseconds(300), lastGrace: .milliseconds(300))
        }
        let end = await child.end()
        watch.cancel()
        if case .success = await watch.result { return "it took longer than \(timeout.text)" }
        switch end {
        case .exited(0): return nil
        case .exited(let status): return try "exited with status \(status)\(lastLine(of: output))"
        case .signalled(let number): return "was ended by signal \(number)"
        }
    }

    /// The settings of a transfer, as curl reads them.
    private func settings(_ address: String, _ document: String, _ timeout: Duration) -> String {
        func quoted(_ text: String) -> String {
            "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        }
        return """
            url = \(quoted(address))
            header = "Content-Type: application/json"
            user-agent = \(quoted(generator))
            data-raw = \(quoted(document))
            proto = "=http,https"
            output = "/dev/null"
            silent
            show-error
            fail

            """
    }

    /// A file without a name, from which a program reads the text, or to which it writes.
    private func temporaryFile(_ text: String) throws(SystemError) -> OpenFile {
        let name = ".delivery-\(CommandID.random())"
        try folder.open(name, .createNew).write(Array(text.utf8))
        do throws(SystemError) {
            let file = try folder.open(name, .readWrite)
            _ = try folder.remove(name)
            return file
        } catch {
            _ = try? folder.remove(name)
            throw error
        }
    }

    private func lastLine(of output: borrowing OpenFile) throws(SystemError) -> String {
        let size = try output.status().size
        let text = String(decoding: try output.read(from: max(0, size - 1000)), as: UTF8.self)
        let line = text.split(separator: "\n").last.map { String($0).withoutControlCharacters } ?? ""
        return line.isEmpty ? "" : ": \(line)"
    }
}
