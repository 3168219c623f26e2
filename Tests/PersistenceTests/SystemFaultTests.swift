import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence
import Testing

/// Tests with system calls that fail, report wrong results or are interrupted by a kill; strace injects the faults.
@Suite("Failing system calls", .silentLog, .enabled(if: exists("/usr/bin/strace"), "needs strace"))
struct SystemFaultTests {
    /// Runs a probe, and injects a fault into its first call of a kind on a file.
    private func probe(
        _ what: [String], _ fault: String, of call: String, on file: String? = nil, in files: TestFiles
    ) async throws -> (end: ChildProcess.End, output: String) {
        try await Probe.run(
            ["/usr/bin/strace", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(call):\(fault)"]
                + (file.map { ["-P", "\(files.environmentFolder)/\($0)"] } ?? [])
                + [Probe.path, what[0], files.folder + "/data", files.name.text] + what.dropFirst(),
            output: files.folder + "/printed", environment: ["XDG_STATE_HOME": files.emergency])
    }

    @Test("A failed write is an error, and the stored state remains", arguments: ["error=EIO", "error=ENOSPC"])
    func failedWrite(fault: String) async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let (end, output) = try await probe(["save"], fault, of: "pwrite64", on: "history.jsonl", in: files)
            #expect(end == .exited(3) && output.hasPrefix("write_failed: "), "\(output)")
            #expect(output.contains("[pwrite"), "\(output)")
            #expect(try await files.stored()?.serial == 3)
            try await files.save()
            #expect(try await files.stored()?.serial == 4)
        }
    }

    @Test("Bytes that the system falsely reports as written are not acknowledged", arguments: [1, 100])
    func claimedWrite(claimed: Int) async throws {
        try await withFileRepository { files in
            try await files.save(3)
            // The call does nothing and reports that it wrote `claimed` bytes.
            let fault = "retval=\(claimed):when=1"
            let (end, output) = try await probe(["save"], fault, of: "pwrite64", on: "history.jsonl", in: files)
            #expect(end == .exited(3) && output.hasPrefix("write_failed: "), "\(output)")
            #expect(try await files.stored()?.serial == 3)
            try await files.save()
            #expect(try await files.repository.history(of: files.name)?.flaws == [])
        }
    }

    @Test("A failed sync is an error, and the next lease writes the log to a new file")
    func failedSync() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let before = try Folder(files.environmentFolder).identity(of: "history.jsonl")?.inode
            let (end, output) = try await probe(["save"], "error=EIO", of: "fdatasync", on: "history.jsonl", in: files)
            #expect(end == .exited(3) && output.hasPrefix("durability_unknown: "), "\(output)")
            #expect(try await files.stored()?.serial == 4)
            try await files.save()
            #expect(try Folder(files.environmentFolder).identity(of: "history.jsonl")?.inode != before)
            #expect(try await files.stored()?.serial == 5)
        }
    }

    @Test("A state whose sync failed is kept in a record until a later save is durable")
    func unconfirmed() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let before = try bytes(files.history)
            let (_, output) = try await probe(
                ["unconfirmed"], "error=EIO", of: "fdatasync", on: "history.jsonl", in: files)
            let record = String(output.trimmingPrefix("").prefix { $0 != "\n" })
            #expect(record.hasSuffix(".json") && exists(record), "\(output)")
            let repository = try FileEnvironmentRepository(
                dataFolder: files.folder + "/data", emergencyFolder: parentPath(of: record))
            let saved = try #require(try await repository.load(files.name))
            #expect(saved.serial == 4)
            #expect(try EmergencyRecords.read(record, of: files.name) == saved)
            let after = try bytes(files.history)
            // The power cut removes everything that was not on the disk.
            try overwrite(files.history, before)
            try await shell("rm \(files.state)")
            #expect(try await repository.emergencyRecord(of: files.name) == record)
            #expect(try await refusal { try await repository.save(Sample.next()) }.code == .recordPending)
            // Without a power cut the state is in the log.
            try overwrite(files.history, after)
            try await repository.save(Sample.next())
            #expect(try await repository.load(files.name)?.serial == 5)
            #expect(!exists(record))
        }
    }

    @Test("A short write is not considered a change by others, even if it could not be undone immediately")
    func cutShort() async throws {
        try await withFileRepository { files in
            try await files.save(3)
            let blocks = try bytes(files.history).count / 512 + 1
            let (end, output) = try await Probe.run(
                [
                    "/usr/bin/strace", "-f", "-o", "/dev/null", "-e", "trace=ftruncate", "-e",
                    "inject=ftruncate:error=EIO:when=1", "-P", files.history, "/bin/sh", "-c",
                    "trap '' XFSZ; ulimit -f \(blocks); exec \"$0\" again \(files.folder)/data \(files.name)",
                    Probe.path,
                ], output: files.folder + "/printed", environment: ["XDG_STATE_HOME": files.emergency])
            #expect(end == .exited(0) && output == "write_failed\nserial 4\n", "\(output)")
            #expect(try await files.stored()?.line?.missed.count == 1)
            #expect(try await files.repository.history(of: files.name)?.flaws == [])
        }
    }

    @Test(
        "A process that is killed at any call of its save leaves the complete old or new state",
        arguments: ["pwrite64", "fdatasync"], ["signal=KILL", "signal=KILL:syscall=getpid"])
    func killed(call: String, fault: String) async throws {
        try await withFileRepository { files in
            try await files.save(3)
            _ = try await probe(["save"], fault, of: call, on: "history.jsonl", in: files)
            let serial = try #require(try await files.stored()?.serial)
            #expect([3, 4].contains(serial))
            try await files.save()
            #expect(try await files.stored()?.serial == serial + 1)
            #expect(try await files.repository.history(of: files.name)?.flaws == [])
        }
    }

    @Test(
        "The log is rotated also without hard links",
        arguments: ["EPERM", "EOPNOTSUPP", "ENOSYS", "EXDEV", "EMLINK"])
    func noLinks(error: String) async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let (end, output) = try await probe(["rotate", "9"], "error=\(error)", of: "linkat,link", in: files)
            #expect(end == .exited(0), "\(output)")
            #expect(try await files.stored()?.serial == 11)
            #expect(exists(files.history + ".2"))
            let history = try await files.repository.history(of: files.name)
            #expect(history?.lines.map(\.serial) == Array(1...11) && history?.flaws == [])
        }
    }

    /// Returns the calls of a probe in their order, each as the call's name and the path of its descriptor.
    private func calls(_ names: String, of what: String, in files: TestFiles) async throws -> [String] {
        let trace = files.folder + "/trace"
        let (end, output) = try await Probe.run(
            [
                "/usr/bin/strace", "-f", "-y", "-o", trace, "-e", "trace=\(names)", Probe.path, what,
                files.folder + "/data", files.name.text,
            ], output: files.folder + "/printed", environment: ["XDG_STATE_HOME": files.emergency])
        #expect(end == .exited(0), "\(output)")
        return try text(trace).split(separator: "\n").compactMap { line in
            line.firstMatch(of: /([a-z0-9]+)\(\d+<([^>]*)>/).map { "\($0.output.1) \($0.output.2)" }
        }
    }

    @Test("Parent folders that a killed process created become durable with the first save")
    func namesAreDurable() async throws {
        try await withFileRepository { files in
            try await shell("mkdir -p \(files.environmentFolder)")
            let calls = try await calls("fsync", of: "save", in: files)
            for folder in [files.environmentFolder, files.folder + "/data", files.folder] {
                #expect(calls.contains("fsync \(folder)"), "\(calls)")
            }
        }
    }

    @Test("The name of a message log is durable before its first line, whichever process created it")
    func messageLogIsDurable() async throws {
        try await withFileRepository { files in
            let folder = files.folder + "/data"
            try await shell("mkdir \(folder); touch \(folder)/log.jsonl")
            let calls = try await calls("fsync,write", of: "message", in: files)
            let write = try #require(calls.firstIndex(of: "write \(folder)/log.jsonl"))
            for path in [folder, files.folder] {
                #expect(calls[..<write].contains("fsync \(path)"), "\(calls)")
            }
            #expect(calls[write...].contains("fsync \(folder)/log.jsonl"))
        }
    }

    @Test("A message whose sync fails is not in the log")
    func unsyncedMessage() async throws {
        try await withFileRepository { files in
            let log = AppendLog<[String: String]>(
                folder: try AbsolutePath(files.folder + "/data"), name: "log.jsonl")
            try await log.append(["text": "first"])
            let (end, output) = try await Probe.run(
                [
                    "/usr/bin/strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO",
                    "-P", files.folder + "/data/log.jsonl", Probe.path, "message", files.folder + "/data",
                    files.name.text,
                ], output: files.folder + "/printed", environment: ["XDG_STATE_HOME": files.emergency])
            #expect(end == .exited(3) && output.hasPrefix("write_failed: "), "\(output)")
            #expect(try await log.read().messages == [["text": "first"]])
        }
    }

    @Test("A save with a slow sync does not block a concurrency pool of one thread")
    func onePoolThread() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let (end, output) = try await Probe.run(
                [
                    "/usr/bin/taskset", "-c", "0", "/usr/bin/strace", "-f", "-o", "/dev/null", "-e",
                    "trace=fdatasync,pread64",
                    "-e", "inject=fdatasync,pread64:delay_enter=500000", "-P", files.history, "-P",
                    files.environmentFolder + "/messages.jsonl", Probe.path, "ticks", files.folder + "/data",
                    files.name.text,
                ], output: files.folder + "/printed", environment: ["XDG_STATE_HOME": files.emergency])
            #expect(end == .exited(0), "\(output)")
            // Another task of the pool ran during each of the calls.
            for word in ["save", "load", "history", "save of an actor", "load of an actor"] {
                #expect(output.contains("\(word) true"), "\(output)")
            }
        }
    }
}
