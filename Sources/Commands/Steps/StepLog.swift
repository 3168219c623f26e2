import EnvironmentDomain
import OperatingSystem
import Synchronization

/// The log of one step, to which its programs and this process append.
///
/// The log keeps its first 32 MiB and its last 32 MiB. While a program writes, a hole is punched into the file between
/// them, so that the file uses no more space on the disk. When the step has ended, the file is rewritten without the
/// hole. Programs write to the file and never to a pipe, so that they can continue when this process is killed.
final class StepLog: Sendable {
    private let folder: String
    private let name: String
    private let half: Int
    private let state = Mutex(State())

    private struct State {
        /// The open log; `nil` before the first line.
        var appended: Appended?
        /// The end of the hole; 0 for none.
        var end = 0
        /// The number of bytes that earlier attempts left out.
        var before = 0
        var canPunch = true
    }

    private final class Appended: Sendable {
        let file: OpenFile
        init(_ file: consuming OpenFile) { self.file = file }
    }

    /// - Parameters:
    ///   - folder: The folder of the log.
    ///   - name: The file's name.
    ///   - limit: The number of bytes to keep, a multiple of 8192.
    init(folder: String, name: String, limit: Int = 64 << 20) {
        self.folder = folder
        self.name = name
        half = limit / 2
    }

    /// Appends a line.
    func append(_ line: String) { append(Array((line + "\n").utf8)) }

    /// Appends the output of a program.
    func append(_ bytes: [UInt8]) {
        attempt("written") { state throws(SystemError) in try append(bytes, &state) }
    }

    /// Punches a hole between the first and the last bytes, while a program writes.
    func bound() {
        attempt("shortened") { state throws(SystemError) in try bound(&state) }
    }

    /// Rewrites the log without the bytes that it does not keep, once the programs have ended.
    func shorten() {
        attempt("shortened") { state throws(SystemError) in try shorten(&state) }
    }

    private func attempt(_ what: String, _ body: (inout State) throws(SystemError) -> Void) {
        do {
            try state.withLock { state throws(SystemError) in try body(&state) }
        } catch {
            EnvironmentLog.log(.warning, "a step's log could not be \(what)", ["reason": error.description])
        }
    }

    private func append(_ bytes: [UInt8], _ state: inout State) throws(SystemError) {
        if state.appended == nil {
            state.appended = Appended(try Folder.making(folder).open(name, .appendCreating))
        }
        try state.appended?.file.write(bytes)
    }

    private func bound(_ state: inout State) throws(SystemError) {
        guard state.canPunch, let size = try Folder(folder).status(of: name)?.size else { return }
        // Holes consist of whole blocks, and punching few blocks at a time would be slow.
        let end = (size - half) & ~4095
        let start = max(state.end, half)
        guard end - start >= half / 4 else { return }
        let file = try Folder(folder).open(name, .readWriteCreating)
        if state.end == 0 { state.before = try leftOut(in: file) }
        state.canPunch = try file.punch(start..<end)
        guard state.canPunch else { return }
        state.end = end
        try file.overwrite(Array(mark(state.before + end - half).utf8), at: half)
    }

    private func shorten(_ state: inout State) throws(SystemError) {
        let place = try Folder.making(folder)
        guard let size = try place.status(of: name)?.size, size > 2 * half + 4096 else { return }
        let file = try place.open(name, .read)
        if state.end == 0 { state.before = try leftOut(in: file) }
        let temporary = ".\(name).tmp"
        try place.remove(temporary)
        let copy = try place.open(temporary, .createNew)
        try file.copy(0..<half, to: copy)
        // An earlier mark is not output of the step, so its bytes do not count.
        let earlier = state.before > 0 ? mark(state.before).utf8.count : 0
        try copy.write(Array(mark(state.before + size - 2 * half - earlier).utf8))
        try file.copy(size - half..<size, to: copy)
        try place.rename(temporary, to: name)
        state = State()
    }

    private static let opening = "\n[… "

    /// Returns the line that takes the place of the bytes that were left out.
    private func mark(_ count: Int) -> String {
        "\(Self.opening)\(count) bytes of output were left out here: a step's log keeps its first and its last "
            + "\(half) bytes …]\n"
    }

    /// Returns the number of left-out bytes in an earlier mark; 0 for none.
    private func leftOut(in file: borrowing OpenFile) throws(SystemError) -> Int {
        let bytes = try file.read(from: half, limit: 64)
        let opening = Array(Self.opening.utf8)
        guard bytes.starts(with: opening) else { return 0 }
        let digits = bytes.dropFirst(opening.count).prefix { (48...57).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self)) ?? 0
    }
}
