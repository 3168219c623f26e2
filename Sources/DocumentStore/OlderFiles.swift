import OperatingSystem

/// The older files of a log, `history.jsonl.1` and so on.
enum OlderFiles {
    /// Gives the current log the name of the newest rotated one as well; the log itself stays where it is.
    ///
    /// On a file system without hard links a copy gets the name, complete and durable before it has it. A rotation that was
    /// cut short leaves the same lines in two files, which readers see by their serials.
    static func keepCurrent(in folder: Folder) throws(SystemError) {
        let first = LogFiles(folder).olderName(1)
        guard let current = try folder.identity(of: DocumentPlace.logName) else { return }
        if let newest = try folder.identity(of: first) {
            if newest.isSameFile(as: current) { return }
            try LogFiles(folder).shift()
        }
        try folder.linkOrCopy(DocumentPlace.logName, to: first)
    }

    /// Brings the log's files below the size that they may take together.
    ///
    /// The oldest files lose first the states between lasting ones, such as the last state of a command, and then all.
    static func trim(_ place: DocumentPlace, in folder: Folder, _ log: (StoreEvent) -> Void) {
        do throws(SystemError) {
            try trim(in: folder, to: place.retention.totalSize, isLasting: place.isLasting)
        } catch {
            log(.failed("older files of the log could not be trimmed", path: place.path, error))
        }
    }

    private static func trim(in folder: Folder, to limit: Int, isLasting: (LogLine) -> Bool) throws(SystemError) {
        let rotated = try LogFiles(folder).names().dropLast()
        var sizes: [String: Int] = [:]
        for name in rotated { sizes[name] = try folder.identity(of: name)?.size ?? 0 }
        var total = sizes.values.reduce(try folder.identity(of: DocumentPlace.logName)?.size ?? 0, +)
        for name in rotated where total > limit {
            let size = try thin(name, in: folder, isLasting: isLasting)
            total -= (sizes[name] ?? 0) - size
            sizes[name] = size
        }
        for name in rotated where total > limit {
            total -= sizes[name] ?? 0
            try folder.remove(name)
        }
    }

    /// Leaves only the lasting lines in a file, and the file only when it has some.
    private static func thin(
        _ name: String, in folder: Folder, isLasting: (LogLine) -> Bool
    ) throws(SystemError) -> Int {
        var kept: [UInt8] = []
        var dropped = 0
        _ = try LogFiles.forEachLine(of: folder.open(name, .read), named: name) { line in
            // What cannot be read is kept: it is evidence.
            if LogLine(line.bytes).map(isLasting) ?? true {
                kept += line.bytes + [UInt8(ascii: "\n")]
            } else {
                dropped += 1
            }
            return true
        }
        guard dropped > 0 else { return try folder.identity(of: name)?.size ?? 0 }
        if kept.isEmpty { try folder.remove(name) } else { try folder.put(kept, at: name) }
        return kept.count
    }

    /// Makes lines the newest rotated file.
    static func put(_ lines: [[UInt8]], in folder: Folder) throws(SystemError) {
        try LogFiles(folder).shift()
        try folder.put(lines.reduce(into: []) { $0 += $1 + [UInt8(ascii: "\n")] }, at: LogFiles(folder).olderName(1))
    }
}
