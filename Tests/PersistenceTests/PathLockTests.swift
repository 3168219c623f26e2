import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import Synchronization
import Testing

@Suite("A lock for a path", .silentLog)
struct PathLockTests {
    @Test("is held by one task at a time")
    func oneAtATime() async throws {
        try await withTemporaryFolder { folder in
            let lock = PathLock(try AbsolutePath(folder + "/prices.json"), timeout: .seconds(540))
            let counter = Counter()
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<8 { try await lock.withLock { await counter.visit() } } }
                }
                try await group.waitForAll()
            }
            #expect(counter.visits.withLock(\.self) == 64)
            #expect(counter.most.withLock(\.self) == 1)
            #expect(try lock.holder() == nil)
        }
    }

    private final class Counter: Sendable {
        let inside = Mutex(0)
        let most = Mutex(0)
        let visits = Mutex(0)

        func visit() async {
            let now = inside.withLock {
                $0 += 1; return $0
            }
            most.withLock { $0 = max($0, now) }
            await Task.yield()
            visits.withLock { $0 += 1 }
            inside.withLock { $0 -= 1 }
        }
    }

    @Test("names this process in the error of another one that waits in vain")
    func twoProcesses() async throws {
        try await withTemporaryFolder { folder in
            let path = try AbsolutePath(folder + "/prices.json")
            try await PathLock(path).withLock {
                let seen = try PathLock(path).holder()
                #expect(seen?.pid == ThisProcess.identifier)
                await Self.expectRefusal(path.text, holder: ThisProcess.identifier)
            }
        }
    }

    private static func expectRefusal(_ path: String, holder: Int32) async {
        await #expect(processExitsWith: .exitCode(17)) { [path, holder] in
            let lock = PathLock(try AbsolutePath(path), timeout: .zero)
            do {
                try await lock.withLock {}
            } catch let error as PathLockError {
                exit(error.code == .timedOut && error.holder?.pid == holder ? 17 : 1)
            }
        }
    }

    @Test("is free when its holder was killed")
    func killed() async throws {
        try await withTemporaryFolder { folder in
            let path = try AbsolutePath(folder + "/prices.json")
            await Self.killHolder(path.text)
            #expect(try text(folder + "/prices.json.lock").contains("\"pid\""))
            #expect(try PathLock(path).holder() == nil)
            let ran = try await PathLock(path, timeout: .zero).withLock { true }
            #expect(ran)
        }
    }

    private static func killHolder(_ path: String) async {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path] in
            try await PathLock(try AbsolutePath(path)).withLock { _ = kill(getpid(), SIGKILL) }
        }
    }

    @Test("is released when the guarded work fails")
    func failing() async throws {
        struct Failed: Error {}
        try await withTemporaryFolder { folder in
            let lock = PathLock(try AbsolutePath(folder + "/prices.json"), timeout: .zero)
            await #expect(throws: Failed.self) { try await lock.withLock { throw Failed() } }
            try await lock.withLock {}
        }
    }

    @Test("does not change a foreign file", arguments: ["abc", "{\"name\":\"cargo\"}", "version = 3\n"])
    func foreignFile(_ content: String) async throws {
        try await withTemporaryFolder { folder in
            try overwrite(folder + "/Cargo.lock", content.utf8)
            let error = await #expect(throws: PathLockError.self) {
                try await PathLock(try AbsolutePath(folder + "/Cargo")).withLock {}
            }
            #expect(error?.code == .invalid)
            #expect(try text(folder + "/Cargo.lock") == content)
        }
    }

    @Test(
        "can be taken after a crash or a power cut left its record torn",
        arguments: ["{\"boot_id\":\"1b", "{\"bo", "\0\0\0\0", "  \n"])
    func tornRecord(_ content: String) async throws {
        try await withTemporaryFolder { folder in
            try overwrite(folder + "/a.lock", content.utf8)
            try await PathLock(try AbsolutePath(folder + "/a")).withLock {
                let record = try text(folder + "/a.lock")
                #expect(record.contains("\"pid\""))
            }
        }
    }

    @Test("reports why it cannot be taken", arguments: ["folder", "link", "no folder"])
    func unusable(_ what: String) async throws {
        try await withTemporaryFolder { folder in
            switch what {
            case "folder":
                try FileManager.default.createDirectory(
                    atPath: folder + "/a.lock", withIntermediateDirectories: false)
            case "link":
                try FileManager.default.createSymbolicLink(
                    atPath: folder + "/a.lock", withDestinationPath: folder + "/b")
            default: break
            }
            let path = what == "no folder" ? "/none/a" : "/a"
            let error = await #expect(throws: PathLockError.self) {
                try await PathLock(try AbsolutePath(folder + path)).withLock {}
            }
            #expect(error?.code == (what == "no folder" ? .cannotCreate : .invalid))
            #expect(error.map { "\($0)".contains(folder + path + ".lock") } == true)
        }
    }
}
