import EnvironmentDomain
import OperatingSystem
import Synchronization
import Testing

@testable import Commands

@Suite("A file that grows")
struct LineReaderTests {
    /// Reads the available lines as texts, each with the number of omitted bytes.
    private func lines(_ reader: inout LineReader, isEnded: Bool = false) throws -> [String] {
        var lines: [String] = []
        var hasMore = true
        while hasMore {
            hasMore = try reader.read(isEnded: isEnded) { line, leftOut in
                lines.append(String(decoding: line, as: UTF8.self) + (leftOut > 0 ? "+\(leftOut)" : ""))
            }
        }
        return lines
    }

    @Test("is read line by line, each line once and complete", arguments: [1, 2, 3, 7, 100])
    func pieces(size: Int) async throws {
        try await withTemporaryFolder { folder in
            let text = Array("one\n\n  two é\nthree\r\nlast".utf8)
            var reader = LineReader(path: "\(folder)/a")
            let file = try OpenFile("\(folder)/a", .appendCreating)
            var found: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                try file.write(Array(text[start..<min(start + size, text.count)]))
                found += try lines(&reader)
            }
            #expect(found == ["one", "", "  two é", "three\r"])
            #expect(try lines(&reader, isEnded: true) == ["last"])
            #expect(try lines(&reader, isEnded: true) == [])
        }
    }

    @Test("needs no more memory for a longer line, and returns its beginning", arguments: [8, 9, 1_000_000])
    func longLine(size: Int) async throws {
        try await withTemporaryFolder { folder in
            try write("a\n" + String(repeating: "x", count: size) + "\nb\n", to: "\(folder)/a")
            var reader = LineReader(path: "\(folder)/a", limit: 8)
            #expect(try lines(&reader) == ["a", "xxxxxxxx" + (size > 8 ? "+\(size - 8)" : ""), "b"])
        }
    }

    @Test("is read at 200 MB a second and more")
    func speed() async throws {
        try await withTemporaryFolder { folder in
            let line = String(repeating: "x", count: 79) + "\n"
            let file = try OpenFile("\(folder)/a", .appendCreating)
            for _ in 0..<40 { try file.write(Array(String(repeating: line, count: 13_000).utf8)) }
            var reader = LineReader(path: "\(folder)/a")
            var count = 0
            let start = ContinuousClock.now
            var hasMore = true
            while hasMore { hasMore = try reader.read { line, _ in count += line.count } }
            let time = ContinuousClock.now - start
            #expect(count == 40 * 13_000 * 79)
            // The time is printed and not checked, because other programs use the processor as well.
            print("41.6 MB in \(time)")
        }
    }

    @Test("is shown as its newest lines, with the number of omitted ones")
    func flood() async throws {
        try await withTemporaryFolder { folder in
            let shown = Mutex<[String]>([])
            var tail = Tail(log: "\(folder)/a", offset: 0) { line in shown.withLock { $0.append(line) } }
            #expect(tail.read() == false)
            try write("one\ntwo\n", to: "\(folder)/a")
            _ = tail.read()
            #expect(shown.withLock(\.self) == ["one", "two"])
            try OpenFile("\(folder)/a", .appendCreating).write(
                Array((String(repeating: "y\n", count: 1 << 20) + "last\n").utf8))
            _ = tail.read()
            let lines = shown.withLock(\.self)
            #expect(lines[2].contains("bytes are not shown here; they are in the step's log"))
            #expect(lines.last == "last" && lines.count < 140_000)
        }
    }
}
