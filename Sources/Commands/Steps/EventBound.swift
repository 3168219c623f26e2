import EnvironmentDomain
import OperatingSystem

/// A bound on the size of a program's file of events, and on the work of reading it, for a program that prints without
/// end.
///
/// Up to a limit, every line is read and kept. After the limit, ``EventWeight`` decides. Lines that are not kept are
/// removed from the disk while the program runs, by punching holes into the file, and from the file when the program
/// has ended.
struct EventBound: Sendable {
    private let path: String
    private let limit: Int
    private let weigh: @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight
    /// The offset of the end of the last line.
    private var position = 0
    /// The range of the lines after the limit that need not be kept, up to `position`; `nil` when there are none.
    private var run: Range<Int>?
    /// The ranges that are not kept, in order.
    private var cuts: [Range<Int>] = []
    /// The end of the hole that was punched into `run`.
    private var punched = 0
    private var canPunch = true
    /// The number of lines that were skipped since the last call of ``takeSkipped()``.
    private var skipped = 0

    /// The distance from the end of the file within which a line counts as new (bytes).
    private static let window = 256 << 10
    /// The smallest hole to punch and the smallest range to leave out of the file (bytes).
    private static let piece = 1 << 20

    /// - Parameters:
    ///   - path: The path of the file.
    ///   - limit: The size of the beginning that is kept in any case (bytes).
    ///   - weigh: Returns the weight of a line, given the line and the number of bytes that were cut off its end.
    init(
        _ path: String, limit: Int = 16 << 20,
        weigh: @escaping @Sendable (_ line: ArraySlice<UInt8>, _ leftOut: Int) -> EventWeight
    ) {
        self.path = path
        self.limit = limit
        self.weigh = weigh
    }

    /// The file's current size (bytes).
    var size: Int { (try? OpenFile(path, .read).status().size) ?? 0 }

    /// Records the next line and returns whether it is to be read.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - leftOut: The number of bytes that were cut off the line's end.
    ///   - size: The file's size before the line was read (bytes).
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

    /// Returns the number of lines that were skipped since the last call.
    mutating func takeSkipped() -> Int {
        defer { skipped = 0 }
        return skipped
    }

    private mutating func endRun() {
        if let run, run.count >= Self.piece { cuts.append(run) }
        run = nil
        punched = 0
    }

    /// Punches holes where lines were read that are not kept.
    mutating func bound() {
        guard canPunch, let run else { return }
        // Holes consist of whole blocks.
        let start = (max(run.lowerBound, punched) + 4095) & ~4095
        let end = run.upperBound & ~4095
        guard end - start >= Self.piece else { return }
        attempt { () throws(SystemError) in
            canPunch = try OpenFile(path, .readWriteCreating).punch(start..<end)
            punched = end
        }
    }

    /// Rewrites the file without the lines that are not kept, once the program has ended.
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
