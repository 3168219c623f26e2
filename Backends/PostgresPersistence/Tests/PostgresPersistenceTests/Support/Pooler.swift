import Foundation
import Testing

/// A PgBouncer in front of a server, over a Unix socket.
enum Pooler {
    static func with(_ server: TestServer, mode: String, _ body: (_ folder: String) async throws -> Void) async throws {
        let folder = try newFolder()
        try """
        [databases]
        * = host=\(server.folder) port=\(server.port) user=postgres
        [pgbouncer]
        listen_port = 6432
        unix_socket_dir = \(folder)
        auth_type = any
        pool_mode = \(mode)
        ignore_startup_parameters = extra_float_digits
        pidfile = \(folder)/pid
        logfile = \(folder)/log
        """.write(toFile: folder + "/pgbouncer.ini", atomically: false, encoding: .utf8)
        try await Program.check(["chmod", "-R", "777", folder])
        let user = getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        let program = try #require(Program.find("pgbouncer"))
        try await Program.check(user + [program, "-d", folder + "/pgbouncer.ini"], output: folder + "/output")
        defer {
            if let text = try? String(contentsOfFile: folder + "/pid", encoding: .utf8),
                let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                kill(process, SIGKILL)
            }
        }
        // Its socket exists shortly before it accepts connections.
        let question = ["psql", "-X", "-c", "SELECT 1", "host=\(folder) port=6432 dbname=postgres user=postgres"]
        while try await Program.run(question).status != 0 { try await Task.sleep(for: .milliseconds(10)) }
        try await body(folder)
    }
}
