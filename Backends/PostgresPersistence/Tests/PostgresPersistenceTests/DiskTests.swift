import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// Tests with a full disk.
@Suite(
    .enabled(if: TestServer.missing == nil, "a PostgreSQL server can be started"),
    .enabled(if: getuid() == 0, "only root mounts a small disk"), .serialized)
struct DiskTests {
    @Test func aFullDiskRefusesTheSaveAndLosesNothing() async throws {
        let server = try await TestServer.shared.value
        try await withSmallDisk(megabytes: 32) { disk in
            try await Program.check(["chown", "postgres:postgres", disk])
            try await server.run("CREATE TABLESPACE small LOCATION '\(disk)'")
            try await server.run("CREATE DATABASE full_disk TABLESPACE small")
            let repository = try Sample.repository(at: server.url("full_disk"))
            try await repository.migrate()
            let lease = try await repository.acquireLease(Sample.name, for: .provision, run: CommandRun())
            try await lease.save(try Sample.environment(), event: Sample.event())
            try fill(disk)
            // Saves succeed as long as the existing files have free space.
            var last = 1
            var failure: RepositoryError?
            while failure == nil && last < 2000 {
                do {
                    last = try await lease.save(try Sample.environment(), event: Sample.event()).serial
                } catch let error as RepositoryError {
                    failure = error
                }
            }
            #expect(failure?.code == .insufficientSpace)
            #expect(failure?.message.contains("Free some space on the server's disk") == true)
            #expect(try await repository.load(Sample.name)?.serial == last)
            try empty(disk)
            // The lease is still held, and the next save contains the event of the failed one.
            let saved = try await lease.save(try Sample.environment(), event: Sample.event())
            #expect(saved.serial == last + 1 && saved.line?.missed.count == 1)
            #expect(try await repository.history(of: Sample.name)?.flaws == [])
            await lease.release()
            try await server.run("DROP DATABASE full_disk WITH (FORCE)")
            try await server.run("DROP TABLESPACE small")
        }
    }

    @Test func aServerThatDiesOfAFullDiskHasEveryAcknowledgedSave() async throws {
        try await withSmallDisk(megabytes: 160) { disk in
            let server = try await TestServer(folder: disk, settings: ["max_wal_size = 32MB", "min_wal_size = 32MB"])
            let (_, url) = try await server.newDatabase()
            let repository = try Sample.repository(
                at: url, takeoverGrace: .zero, settleTimeout: .milliseconds(200))
            try await repository.migrate()
            // There is room for rows but not for another segment of the write-ahead log, without which the server
            // stops.
            try fill(disk, leaving: 8 << 20)
            var last = 0
            var failure: RepositoryError?
            while failure == nil && last < 20_000 {
                do {
                    last = try await repository.withLease(Sample.name, for: .provision) { lease in
                        var serial = 0
                        for _ in 0..<50 {
                            serial = try await lease.save(try Sample.environment(), event: Sample.event()).serial
                        }
                        return serial
                    }
                } catch let error as RepositoryError {
                    failure = error
                }
            }
            #expect(failure != nil, "the disk was never full")
            let log = try String(contentsOfFile: disk + "/log", encoding: .utf8)
            #expect(log.contains("PANIC"), "the server had room for everything it must have")
            try empty(disk)
            // The server has ended, or ends after another attempt to recover.
            while (try? await server.run("SELECT 1")) == nil {
                try? await server.start()
                try await Task.sleep(for: .milliseconds(100))
            }
            while (try? await server.run("SELECT 1")) == nil { try await Task.sleep(for: .milliseconds(100)) }
            let history = try #require(try await repository.history(of: Sample.name))
            #expect(history.flaws.isEmpty)
            #expect(history.lines.count >= last)
            #expect(try await repository.load(Sample.name)?.serial == history.lines.count)
            try await server.stop("immediate")
        }
    }

    /// Fills the disk except for `room` bytes.
    private func fill(_ disk: String, leaving room: UInt64 = 0) throws {
        try Data().write(to: URL(filePath: disk + "/filler"))
        guard let filler = FileHandle(forWritingAtPath: disk + "/filler") else { return }
        var piece = 1 << 20
        while piece >= 4096 {
            do {
                try filler.write(contentsOf: Data(count: piece))
            } catch {
                piece /= 2
            }
        }
        let size = try filler.offset()
        try filler.truncate(atOffset: size - min(size, room))
        try filler.close()
    }

    private func empty(_ disk: String) throws { try FileManager.default.removeItem(atPath: disk + "/filler") }

    private func withSmallDisk(megabytes: Int, _ body: (String) async throws -> Void) async throws {
        let disk = try newFolder()
        try await Program.check(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", disk])
        do {
            try await body(disk)
        } catch {
            try await Program.run(["umount", "-l", disk])
            throw error
        }
        try await Program.run(["umount", "-l", disk])
    }
}
