import OperatingSystem

/// A file of lines that grows at its end, and the older files that it was before.
///
/// The caller that appends must hold a lock.
struct LineFile: Sendable {
    let folder: Folder
    let name: String
    let rotation: LogRotation?

    /// A line as it is in a file.
    struct Line: Sendable {
        let file: String
        /// 1 for the file's first line.
        let number: Int
        /// Without its newline.
        let text: [UInt8]
    }

    /// The names that the file and its predecessors have, the newest first.
    var names: [String] { [name] + (rotation.map { 1...$0.filesKept }.map(Array.init) ?? []).map { "\(name).\($0)" } }

    /// Appends a line with a single write.
    ///
    /// A line that a killed process left torn is ended first, so that it cannot swallow this one.
    func append(_ line: [UInt8], synchronizing: Bool = false) throws(SystemError) {
        let opened = try openForAppending(line.count + 1)
        let size = opened.size
        let isTorn = size == 0 ? false : try opened.file.read(from: size - 1, limit: 1) != [newline]
        let text = (isTorn ? [newline] : []) + line + [newline]
        if synchronizing, size == 0 {
            // Before the first line is there: whoever finds one knows that the name is durable.
            try folder.synchronize()
            try folder.synchronizeName()
        }
        guard try opened.file.writeOnce(text) == text.count else {
            try opened.file.truncate(to: size)
            throw SystemError(call: "write", subject: opened.file.path, number: SystemError.noSpace)
        }
        guard synchronizing else { return }
        do throws(SystemError) {
            try opened.file.synchronize()
        } catch {
            // The caller is told that it is not there. What fails here too changes nothing about that.
            try? opened.file.truncate(to: size)
            throw error
        }
    }

    /// Opens the file, or a new one when `count` more bytes are too many, and says how many it holds.
    private func openForAppending(_ count: Int) throws(SystemError) -> Opened {
        let file = try folder.open(name, .appendCreating)
        let size = try file.status().size
        guard let rotation, size > 0, size + count > rotation.sizeLimit else { return Opened(file: file, size: size) }
        // What has another name is not synced with the newest lines any more.
        try file.synchronize()
        for (new, old) in zip(names.reversed(), names.reversed().dropFirst()) where try folder.status(of: old) != nil {
            try folder.rename(old, to: new)
        }
        try folder.synchronize()
        return Opened(file: try folder.open(name, .appendCreating), size: 0)
    }

    private struct Opened: ~Copyable {
        let file: OpenFile
        let size: Int
    }

    /// Reads every whole line, the oldest first.
    ///
    /// A file that is renamed meanwhile is read once: the newest name comes first, and files only move to older ones.
    func lines() throws(SystemError) -> [Line] {
        var files: [[Line]] = []
        var seen: Set<UInt64> = []
        for name in names {
            do throws(SystemError) {
                let file = try folder.open(name, .read)
                guard seen.insert(try file.status().inode).inserted else { continue }
                let texts = try file.read().split(separator: newline, omittingEmptySubsequences: false).dropLast()
                files.append(zip(1..., texts).map { Line(file: name, number: $0, text: Array($1)) })
            } catch  where error.isNotFound {
                continue
            }
        }
        return files.reversed().flatMap(\.self)
    }

    func remove() throws(SystemError) {
        for name in names { try folder.remove(name) }
    }

    private var newline: UInt8 { UInt8(ascii: "\n") }
}
