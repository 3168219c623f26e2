import CPeers
import Foundation

/// A folder in which a C peer saves, with the same entries as a folder of the library.
final class Peer {
    private let peer: OpaquePointer

    init(_ folder: String, content: [UInt8], line: [UInt8]) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        peer = peer_open(folder, content, content.count, line, line.count)
    }

    deinit { peer_close(peer) }

    func take() throws { try check(peer_take(peer), "take") }
    func save() throws { try check(peer_save(peer), "save") }
    func release() throws { try check(peer_release(peer), "release") }
    func load() throws { try check(peer_load(peer), "load") }
    func bare() throws { try check(peer_bare(peer), "bare save") }
    func rawRead() throws { try check(peer_raw_read(peer), "raw read") }
    func lockOnly() throws { try check(peer_flock(peer), "flock") }
    func pidFile(synchronizingFolder: Bool) throws {
        try check(peer_pid_file(peer, synchronizingFolder ? 1 : 0), "PID-file save")
    }
    func save(_ variant: peer_variant) throws { try check(peer_save_variant(peer, variant), "variant of a save") }
}

/// A SQLite database (WAL, synchronous FULL) that saves one row for the state and one for the history in one
/// transaction.
final class SQLite {
    private let file: String
    private let content: [UInt8]
    private let line: [UInt8]
    private var database: OpaquePointer?

    init(_ folder: String, content: [UInt8], line: [UInt8]) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        file = folder + "/state.db"
        self.content = content
        self.line = line
        database = try Self.open(file)
    }

    private static func open(_ file: String) throws -> OpaquePointer {
        var reason: UnsafePointer<CChar>?
        guard let database = sqlite_peer_open(file, &reason) else {
            throw PeerError(description: reason.map { String(cString: $0) } ?? "no SQLite")
        }
        return database
    }

    static var version: String { String(cString: sqlite_peer_version()) }

    func save() throws {
        if database == nil { database = try Self.open(file) }
        try check(sqlite_peer_save(database, content, content.count, line, line.count), "SQLite save")
    }

    func saveReopening() throws {
        close()
        try save()
        close()
    }

    func close() {
        if let database { sqlite_peer_close(database) }
        database = nil
    }

    deinit { close() }
}

/// A process that saves with Python's filelock and os.replace, and measures its own times.
final class FileLockPeer {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Peers/filelock_peer.py").path

    init(_ folder: String, length: Int, synchronizingFolder: Bool) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", Self.script, "save", folder, "\(length)", synchronizingFolder ? "durable" : "usual",
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        _ = try save()
    }

    func save() throws -> UInt64 {
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        var answer = Data()
        while answer.last != UInt8(ascii: "\n") {
            guard let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else {
                throw PeerError(description: "python3 with the package filelock is not there")
            }
            answer += byte
        }
        return UInt64(String(decoding: answer.dropLast(), as: UTF8.self)) ?? 0
    }

    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
