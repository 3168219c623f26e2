import OperatingSystem

/// The file that a program is told to write its result to.
public struct OutputFile: Sendable {
    /// The path, as it was given.
    public let path: String
    /// How an earlier result begins, which alone may be replaced.
    private let beginning: String

    /// Names a file.
    ///
    /// - Parameters:
    ///   - path: the path of the file; its folder must exist.
    ///   - beginning: how every result of the program begins.
    public init(_ path: String, beginning: String) {
        self.path = path
        self.beginning = beginning
    }

    /// Writes the text durably, readable by its owner only: the file holds all of it, or is as it was before.
    ///
    /// - Throws: ``Failure`` when the file cannot be written, or something else than an earlier result is there.
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
        // Nothing is lost with an empty file.
        guard start.isEmpty || start == Array(beginning.utf8) else {
            throw Failure(
                .notSaved, "not_replaced",
                "The file \(path) exists and is not an earlier result of this command, so it is not replaced. Use another "
                    + "name, or move it away (mv -n \(path.quotedForShell) \("\(path).moved".quotedForShell)).")
        }
    }
}
