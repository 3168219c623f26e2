import DocumentStore
import OperatingSystem

/// A file of lines that grows at its end, and the older files that it was before.
///
/// The caller that appends must hold a lock.
struct LineFile: Sendable {
    let files: LogFiles
    let rotation: LogRotation?

    private var folder: Folder { files.folder }
    private var name: String { files.name }

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
        try files.shift(keeping: rotation.filesKept)
        try folder.rename(name, to: files.olderName(1))
        try folder.synchronize()
        return Opened(file: try folder.open(name, .appendCreating), size: 0)
    }

    private struct Opened: ~Copyable {
        let file: OpenFile
        let size: Int
    }

    /// When the newest line was written (seconds since 1970); `nil` when there is no file.
    func modified() throws(SystemError) -> Int? { try folder.status(of: name)?.modified }

    func remove() throws(SystemError) {
        for name in try files.names() { try folder.remove(name) }
        try folder.synchronize()
    }

    private var newline: UInt8 { UInt8(ascii: "\n") }
}
