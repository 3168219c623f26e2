import OperatingSystem

/// The file for the result of a program.
public struct OutputFile: Sendable {
    /// The path as it was given.
    public let path: String
    /// The beginning of earlier results, which are the only files that may be replaced.
    private let beginning: String

    /// Creates the description of a file; nothing is written.
    ///
    /// - Parameters:
    ///   - path: The path of the file, whose folder must exist.
    ///   - beginning: The beginning of every result of the program.
    public init(_ path: String, beginning: String) {
        self.path = path
        self.beginning = beginning
    }

    /// Writes the text durably and atomically, readable only by its owner.
    ///
    /// - Throws: ``Failure`` when the file cannot be written, or when the existing file is not an earlier result.
    public func write(_ text: String) throws {
        do {
            let folder = try Folder(parentPath(of: path) ?? ".")
            let name = lastComponent(of: path)
            try check(name, in: folder)
            try folder.put(Array(text.utf8), at: name)
        } catch let error as SystemError {
            throw Failure(
                .notSaved, "not_written", "The file \(path) cannot be written: \(error.reasonAndWayOut())")
        }
    }

    private func check(_ name: String, in folder: Folder) throws {
        guard let status = try folder.status(of: name) else { return }
        guard status.kind == .regular else {
            throw Failure(
                .notSaved, "not_written",
                "The file \(path) cannot be written: a \(status.kind.words) has this name. Use another name.")
        }
        let start = try folder.open(name, .read).read(from: 0, limit: beginning.utf8.count)
        // An empty file can be replaced without loss.
        guard start.isEmpty || start == Array(beginning.utf8) else {
            throw Failure(
                .notSaved, "not_replaced",
                "The file \(path) exists and is not an earlier result of this command, so it is not replaced. Use another "
                    + "name, or move it away (mv -n \(path.quotedForShell) \("\(path).moved".quotedForShell)).")
        }
    }
}
