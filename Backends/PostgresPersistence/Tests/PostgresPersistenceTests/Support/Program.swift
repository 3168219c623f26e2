import Dispatch
import Foundation

/// A program that a test starts.
enum Program {
    /// Returns the path of a program; `nil` when it is not installed.
    static func find(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (serverFolders + folders + ["/usr/sbin", "/sbin"]).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The folders of Debian's server programs, which are not on the PATH; one folder for each version.
    private static let serverFolders: [String] = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
    }()

    /// Runs a program to its end without blocking a thread of the concurrency pool.
    ///
    /// Its output goes to a file, because waiting for the end of a pipe would wait for a server that the program leaves
    /// behind.
    @discardableResult
    static func run(
        _ words: [String], variables: [String: String] = [:], output: String? = nil
    ) async throws -> (status: Int32, output: String) {
        let path = output ?? NSTemporaryDirectory() + "postgres-test-output-\(UUID().uuidString)"
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        let process = try start(words, variables, output: file, errors: file)
        close(file)
        let status = await wait(for: process)
        defer { if output == nil { try? FileManager.default.removeItem(atPath: path) } }
        return (status, try String(contentsOfFile: path, encoding: .utf8))
    }

    /// Runs a program that must succeed, and returns its output.
    @discardableResult
    static func check(
        _ words: [String], variables: [String: String] = [:], output: String? = nil
    ) async throws -> String {
        let (status, output) = try await run(words, variables: variables, output: output)
        guard status == 0 else {
            throw Failed(description: "\(words.joined(separator: " ")) ended with \(status): \(output)")
        }
        return output
    }

    /// Starts a program that inherits the given standard streams and no other descriptors.
    ///
    /// Foundation's `Process` works only for one program at a time: with several, it waits for the end of one on the
    /// thread that must notice the ends of the others.
    ///
    /// - Returns: The process identifier.
    static func start(
        _ words: [String], _ variables: [String: String] = [:], input: Int32? = nil, output: Int32, errors: Int32
    ) throws -> pid_t {
        guard let name = words.first, let path = name.hasPrefix("/") ? name : find(name) else {
            throw Failed(description: "\(words.first ?? "nothing") is not installed")
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let input {
            unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // This also closes descriptors that are opened in the meantime; closing one that is not open has no effect.
        for descriptor: Int32 in 3..<512 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Threads of a dispatch queue block most signals, and the program would inherit that.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var settings = unsafe environment.map { unsafe strdup("\($0)=\($1)") } + [nil]
        defer { unsafe (arguments + settings).forEach { unsafe free($0) } }
        var process: pid_t = 0
        let error = unsafe posix_spawn(&process, path, &actions, &attributes, &arguments, &settings)
        guard error == 0 else { throw Failed(description: "\(path) cannot be started: error \(error)") }
        return process
    }

    /// Waits until a program has ended, on a thread of its own.
    ///
    /// - Returns: The exit status, or 128 and the number of the signal that ended it.
    static func wait(for process: pid_t) async -> Int32 {
        await withCheckedContinuation { continuation in
            // The global queue shares its threads with the concurrency pool.
            DispatchQueue(label: "process.\(process)").async {
                var status: Int32 = 0
                while unsafe waitpid(process, &status, 0) == -1 && errno == EINTR {}
                continuation.resume(returning: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F)
            }
        }
    }

    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    /// Returns the path of a program of this package, which is built beside the tests.
    static func built(_ name: String) throws -> String {
        let places = [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0) }
        for place in places {
            var folder = place.standardizedFileURL.resolvingSymlinksInPath()
            while folder.pathComponents.count > 1 {
                let program = folder.appending(path: name)
                if FileManager.default.isExecutableFile(atPath: program.path()), !program.hasDirectoryPath {
                    return program.path()
                }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw Failed(description: "\(name) is not beside \(places.map { $0.path() })")
    }
}
