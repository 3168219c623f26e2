import Foundation
import Persistence
import PostgresPersistence
import Synchronization
import Testing

/// A database server for tests, in a temporary folder and with a Unix socket.
final class TestServer: Sendable {
    let folder: String
    let port: Int
    /// The words before a server program that run it as another user, because it refuses to run as root.
    private let user: [String]

    /// The reason why no server can be started; `nil` for none.
    static let missing: String? = {
        for program in ["initdb", "pg_ctl", "postgres"] where Program.find(program) == nil {
            return "\(program) is not installed: apt-get install postgresql"
        }
        return nil
    }()

    /// The server that most tests share, with a database for each.
    static let shared = Task { try await TestServer() }

    private static let ports = Atomic(54_400)

    /// Creates and starts a server.
    ///
    /// - Parameter folder: The existing folder of the data; `nil` for a new one.
    init(
        folder given: String? = nil, settings: [String] = [], authentication: String = "trust", listens: String = "",
        access: String = ""
    ) async throws {
        port = Self.ports.add(1, ordering: .relaxed).newValue
        folder = given ?? NSTemporaryDirectory() + "postgres-test-\(ProcessInfo.processInfo.processIdentifier)-\(port)"
        user = getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        Leftovers.add(self)
        if getuid() == 0 { try await Program.check(["chown", "-R", "postgres:postgres", folder]) }
        let initdb = try #require(Program.find("initdb"))
        try await Program.check(
            user + [
                initdb, "-D", folder + "/data", "-U", "postgres", "--auth=\(authentication)", "--encoding=UTF8",
                "--locale=C.UTF-8", "--no-sync", "--no-instructions",
            ] + (authentication == "trust" ? [] : ["--pwfile=\(try passwordFile())"]))
        let lines =
            [
                "listen_addresses = '\(listens)'", "port = \(port)", "unix_socket_directories = '\(folder)'",
                "max_connections = 200", "log_min_messages = warning", "shared_buffers = 16MB",
                // Every commit waits for the disk, as in production.
                "fsync = on", "synchronous_commit = on",
            ] + settings
        let configuration = URL(filePath: folder + "/data/postgresql.conf")
        let text = try String(contentsOf: configuration, encoding: .utf8) + lines.joined(separator: "\n") + "\n"
        try text.write(to: configuration, atomically: false, encoding: .utf8)
        let list = URL(filePath: folder + "/data/pg_hba.conf")
        try (try String(contentsOf: list, encoding: .utf8) + access + "\n").write(
            to: list, atomically: false, encoding: .utf8)
        try await start()
    }

    private func passwordFile() throws -> String {
        let path = folder + "/password"
        try "postgres\n".write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        return path
    }

    func start() async throws { try await control(["start", "-w", "-t", "60", "-l", folder + "/log"]) }

    /// Stops the server in the mode `smart`, `fast` or `immediate`; the last one is equivalent to a crash.
    func stop(_ mode: String) async throws { try await control(["stop", "-m", mode, "-w", "-t", "60"]) }

    private func control(_ words: [String]) async throws {
        let program = try #require(Program.find("pg_ctl"))
        let words = user + [program, "-D", folder + "/data", "-s"] + words
        try await Program.check(words, output: folder + "/pg_ctl.log")
    }

    /// Returns the connection string of a database.
    func url(_ database: String, user: String = "postgres") -> String {
        "host=\(folder) port=\(port) dbname=\(database) user=\(user)"
    }

    /// Runs statements as the server's owner.
    @discardableResult
    func run(_ statement: String, in database: String = "postgres") async throws -> String {
        let words = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, url(database)]
        return try await Program.check(words, variables: ["PGPASSWORD": "postgres"])
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private let databases = Atomic(0)

    /// Creates a database, and returns its name and connection string.
    func newDatabase() async throws -> (name: String, url: String) {
        let name = "test\(databases.add(1, ordering: .relaxed).newValue)"
        try await run("CREATE DATABASE \(name)")
        return (name, url(name))
    }

    /// Stops the server and removes its folder.
    func remove() {
        guard let text = try? String(contentsOfFile: folder + "/data/postmaster.pid", encoding: .utf8),
            let line = text.split(separator: "\n").first, let process = Int32(line)
        else {
            try? FileManager.default.removeItem(atPath: folder)
            return
        }
        kill(process, SIGQUIT)
        for _ in 0..<500 where kill(process, 0) == 0 { usleep(10_000) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// The servers and folders to remove when the tests end.
enum Leftovers: Sendable {
    private static let all = Mutex<(servers: [TestServer], folders: [String])>(([], []))

    static func add(_ server: TestServer) { add { $0.servers.append(server) } }
    static func add(_ folder: String) { add { $0.folders.append(folder) } }

    private static func add(_ change: (inout (servers: [TestServer], folders: [String])) -> Void) {
        all.withLock { all in
            if all.servers.isEmpty && all.folders.isEmpty { atexit { Leftovers.removeAll() } }
            change(&all)
        }
    }

    private static func removeAll() {
        let all = all.withLock { $0 }
        for server in all.servers { server.remove() }
        for folder in all.folders { try? FileManager.default.removeItem(atPath: folder) }
    }
}

/// Creates a folder that the server's user can access.
func newFolder() throws -> String {
    let path = NSTemporaryDirectory() + "postgres-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    Leftovers.add(path)
    return path
}
