#if PostgreSQL
    import Foundation
    import Synchronization
    import Testing

    /// A database server of the tests, in a folder of its own and over a unix socket.
    final class Database: Sendable {
        /// Why no server can be started here; nil when one can.
        static let missing: String? = programs == nil ? "PostgreSQL is not installed: apt-get install postgresql" : nil

        /// Debian keeps the server's programs out of the path, a folder for each version.
        private static let programs: String? = {
            let root = "/usr/lib/postgresql"
            let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
            let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
            return (versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" } + path)
                .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
        }()

        static let shared = Task { try await Database() }

        let folder: String
        private let databases = Atomic(0)

        private init() async throws {
            let programs = try #require(Self.programs)
            // The server refuses to be run by root, and whoever runs it must reach its folder.
            folder = NSTemporaryDirectory() + "envctl-postgres-\(ProcessInfo.processInfo.processIdentifier)"
            let user = getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : ""
            let sandbox = try Sandbox()
            try await sandbox.shell(
                """
                mkdir -m 755 \(folder)
                \(getuid() == 0 ? "chown postgres: \(folder)" : "")
                cd \(folder)
                \(user) \(programs)/initdb -D data -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
                \(Sandbox.detached) \(user) \(programs)/pg_ctl -D data -s -w -l log \
                    -o "-k \(folder) -c listen_addresses= -c max_connections=200" start
                """)
            Self.removeAtExit(folder)
        }

        /// A new database, by its connection string.
        func newStore() async throws -> String {
            let name = "test\(databases.add(1, ordering: .relaxed).newValue)"
            try await run("CREATE DATABASE \(name)")
            return "host=\(folder) dbname=\(name) user=postgres"
        }

        @discardableResult
        func run(_ statement: String, in store: String? = nil) async throws -> String {
            let sandbox = try Sandbox()
            try sandbox.write(statement, to: "statement")
            return try await sandbox.shell(
                "psql -X -q -A -t -v ON_ERROR_STOP=1 -f statement '\(store ?? "host=\(folder) dbname=postgres user=postgres")'"
            )
        }

        private static let folders = Mutex<[String]>([])

        private static func removeAtExit(_ folder: String) {
            folders.withLock { $0.append(folder) }
            atexit {
                for folder in Database.folders.withLock({ $0 }) {
                    let text = (try? String(contentsOfFile: folder + "/data/postmaster.pid", encoding: .utf8)) ?? ""
                    if let process = text.split(separator: "\n").first.flatMap({ Int32($0) }) {
                        kill(process, SIGQUIT)
                        for _ in 0..<500 where kill(process, 0) == 0 { usleep(10_000) }
                    }
                    try? FileManager.default.removeItem(atPath: folder)
                }
            }
        }
    }

    extension Sandbox {
        /// A sandbox whose environments are in a new database with its tables.
        static func onDatabase() async throws -> Sandbox {
            let sandbox = try Sandbox(store: try await Database.shared.value.newStore())
            try await sandbox.succeed("prepare-store")
            return sandbox
        }
    }
#endif
