import Dispatch
import Foundation
import RedisMessageLog
import Synchronization

/// A Redis server for a test, on a loopback port.
final class TestServer: Sendable {
    /// The reason why no server can be started; `nil` for none.
    static let missing: String? = find("redis-server") == nil ? "apt-get install redis-server" : nil

    let port: Int
    let folder: String
    private let process = Atomic<Int32>(0)
    private let settings: [String]

    init(settings: [String] = []) async throws {
        self.settings = settings
        port = try Self.freePort()
        folder = NSTemporaryDirectory() + "redis-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await start()
    }

    deinit {
        signal(SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)
    }

    var address: String { "redis://127.0.0.1:\(port)" }

    func start() async throws {
        // A server that inherited a descriptor of Foundation's would make Foundation wait for it when another program
        // ends.
        let script = """
            for path in /proc/self/fd/*; do
                number=${path##*/}
                [ "$number" -le 2 ] || eval "exec $number>&-"
            done
            exec "$@" >/dev/null 2>&1 </dev/null
            """
        let words =
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                "--appendonly",
                "yes", "--daemonize", "yes", "--pidfile", folder + "/pid",
            ] + settings
        _ = try await Self.run(["bash", "-c", script, "bash"] + words)
        while await !isReady() { try await Task.sleep(for: .milliseconds(10)) }
        let text = try String(contentsOfFile: folder + "/pid", encoding: .utf8)
        process.store(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0, ordering: .relaxed)
    }

    /// Kills the server, as in a crash.
    func stop() async throws {
        signal(SIGKILL)
        while await isReady() { try await Task.sleep(for: .milliseconds(10)) }
    }

    func signal(_ number: Int32) {
        let process = process.load(ordering: .relaxed)
        if process > 0 { kill(process, number) }
    }

    /// Runs a command with Redis's own client.
    @discardableResult
    func command(_ words: String...) async throws -> String {
        try await Self.run(["redis-cli", "-p", "\(port)"] + words)
    }

    private func isReady() async -> Bool {
        (try? await command("PING")).map { $0 == "PONG" || $0.contains("NOAUTH") } ?? false
    }

    /// Runs a program on a thread of its own, because the global queue shares its threads with the concurrency pool.
    static func run(_ words: [String]) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: words[0]).async {
                continuation.resume(
                    with: Result {
                        let client = Process()
                        client.executableURL = URL(filePath: find(words[0]) ?? words[0])
                        client.arguments = Array(words.dropFirst())
                        let pipe = Pipe()
                        client.standardOutput = pipe
                        client.standardError = pipe
                        client.standardInput = FileHandle.nullDevice
                        try client.run()
                        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
                        client.waitUntilExit()
                        return String(decoding: output, as: UTF8.self)
                            .trimmingCharacters(in: .whitespacesAndNewlines)
                    })
            }
        }
    }

    private static func find(_ name: String) -> String? {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"] + path).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Returns a port that is not in use.
    static func freePort() throws -> Int {
        let (descriptor, port) = try listener()
        close(descriptor)
        return port
    }

    /// Returns a listening socket and its port.
    static func listener() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw CocoaError(.fileReadUnknown) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }
}
