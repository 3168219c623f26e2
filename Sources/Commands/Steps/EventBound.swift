import EnvironmentDomain
import OperatingSystem

/// Keeps a tool's file of events, and the work of reading it, small while the tool prints without end.
///
/// Everything is read and stays up to a limit. Of what follows, the lines that nothing depends on are read only when they
/// are new, and their room is returned to the disk; when the tool has ended the file is written again without them.
struct EventBound: Sendable {
    private let path: String
    private let limit: Int
    private let weigh: @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight
    /// The end of the last line that was read.
    private var position = 0
    /// The lines behind the limit that nothing depends on, up to `position`.
    private var run: Range<Int>?
    /// What is not kept, in order.
    private var cuts: [Range<Int>] = []
    /// How much of `run` was returned to the disk already.
    private var punched = 0
    private var canPunch = true
    /// How many lines were not read since ``takeSkipped()``.
    private var skipped = 0

    /// How much is behind a line that is not new any more (bytes).
    private static let window = 256 << 10
    /// How much is returned to the disk, or left out of the file, at once (bytes).
    private static let piece = 1 << 20

    /// - Parameters:
    ///   - limit: how much of the file is kept whatever it is (bytes).
    ///   - weigh: gets a line and the number of its bytes that were left out at its end.
    init(
        _ path: String, limit: Int = 16 << 20,
        weigh: @escaping @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight
    ) {
        self.path = path
        self.limit = limit
        self.weigh = weigh
    }

    /// The file's size now (bytes).
    var size: Int { (try? OpenFile(path, .read).status().size) ?? 0 }

    /// Notes the next line and says whether it is to be read.
    ///
    /// - Parameter size: the file's size a moment ago.
    mutating func isToBeRead(_ line: ArraySlice<UInt8>, _ leftOut: Int, size: Int) -> Bool {
        let start = position
        position += line.count + leftOut + 1
        guard position > limit else { return true }
        let weight = weigh(line, leftOut)
        if weight == .kept {
            endRun()
        } else {
            run = (run?.lowerBound ?? start)..<position
        }
        guard weight == .passing, size - position > Self.window else { return true }
        skipped += 1
        return false
    }

    /// How many lines were not read since the last call.
    mutating func takeSkipped() -> Int {
        defer { skipped = 0 }
        return skipped
    }

    private mutating func endRun() {
        if let run, run.count >= Self.piece { cuts.append(run) }
        run = nil
        punched = 0
    }

    /// Returns to the disk the room of what was read and is not kept.
    mutating func bound() {
        guard canPunch, let run else { return }
        // Whole blocks.
        let start = (max(run.lowerBound, punched) + 4095) & ~4095
        let end = run.upperBound & ~4095
        guard end - start >= Self.piece else { return }
        attempt { () throws(SystemError) in
            canPunch = try OpenFile(path, .readWriteCreating).punch(start..<end)
            punched = end
        }
    }

    /// Writes the file again without what is not kept, when the tool has ended.
    mutating func shorten() {
        endRun()
        let cuts = cuts
        guard !cuts.isEmpty, let parent = parentPath(of: path) else { return }
        attempt { () throws(SystemError) in
            let folder = try Folder(parent)
            let name = lastComponent(of: path)
            let temporary = ".\(name).tmp"
            let file = try folder.open(name, .read)
            _ = try folder.remove(temporary)
            let copy = try folder.open(temporary, .createNew)
            var start = 0
            for cut in cuts {
                try file.copy(start..<cut.lowerBound, to: copy)
                try copy.write(Array("{\"@message\":\"\(cut.count) bytes of output were left out here\"}\n".utf8))
                start = cut.upperBound
            }
            try file.copy(start..<(try file.status().size), to: copy)
            try folder.rename(temporary, to: name)
        }
        self.cuts = []
    }

    private func attempt(_ body: () throws(SystemError) -> Void) {
        do {
            try body()
        } catch {
            EnvironmentLog.log(.warning, "a file of events could not be shortened", ["reason": error.description])
        }
    }
}
