import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

/// The order of the system calls, which is what a save's promise rests on.
@Suite(.silentLog, .enabled(if: exists("/usr/bin/strace"), "needs strace"))
struct SystemCallTests {
    /// A system call as strace prints it.
    struct Call: CustomStringConvertible {
        let name: String
        let text: String

        var description: String { text }

        /// Whether the call is that one, with that in its arguments.
        func `is`(_ name: String, _ file: String) -> Bool { self.name == name && text.contains(file) }
    }

    /// Runs the probe and gives back its calls that concern the data folder.
    private func trace(_ word: String, in files: TestFiles) async throws -> [Call] {
        let output = files.folder + "/trace"
        let (end, printed) = try await Probe.run(
            [
                "/usr/bin/strace", "-f", "-y", "-s", "16", "-o", output, "-e",
                "trace=openat,open,creat,mkdirat,mkdir,read,pread64,write,pwrite64,fsync,fdatasync,close,linkat,renameat,"
                    + "renameat2,rename,unlinkat,unlink,ftruncate,flock,fchmod,chmod",
                Probe.path, word, files.folder + "/data", files.name.text,
            ], output: files.folder + "/printed")
        try #require(end == .exited(0), "\(printed)")
        return try text(output).split(separator: "\n").compactMap { line in
            guard line.contains(files.folder + "/data"), let name = line.split(separator: " ").dropFirst().first else {
                return nil
            }
            return Call(name: String(name.prefix { $0 != "(" }), text: String(line))
        }
    }

    /// The place of the first call that is the one asked for, behind `start`.
    private func place(_ calls: [Call], _ name: String, _ file: String, after start: Int) throws -> Int {
        try #require(
            calls.indices.first { $0 > start && calls[$0].is(name, file) }, "no \(name) of \(file) after \(start)")
    }

    @Test func aSaveMakesTheNewStateDurableBeforeItIsNamedAndTheNameBeforeItIsReported() async throws {
        try await withFileRepository { files in
            try await files.save()
            let calls = try await trace("save", in: files)
            let steps = [
                ("openat", ".state.2."), ("write", ".state.2."), ("fsync", ".state.2."), ("close", ".state.2."),
                ("linkat", "state.1.json"), ("renameat", ".state.2."),
            ]
            var last = -1
            for (name, file) in steps { last = try place(calls, name, file, after: last) }
            // At the same time, by two threads.
            let folder = try place(calls, "fsync", "/my-env>", after: last)
            let backups = try place(calls, "fsync", "/backups>", after: last)
            _ = try place(calls, "write", "history.jsonl", after: max(folder, backups))
        }
    }

    @Test func theTemporaryFileIsNewPrivateAndNotInherited() async throws {
        try await withFileRepository { files in
            let calls = try await trace("save", in: files)
            let opening = try #require(calls.first { $0.is("openat", ".state.1.") })
            for part in ["O_EXCL", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC", "0600"] {
                #expect(opening.text.contains(part), "\(opening)")
            }
        }
    }

    @Test func nothingIsEverMadeWiderThanForItsOwner() async throws {
        try await withFileRepository { files in
            let calls = try await trace("save", in: files)
                .filter { $0.text.contains("O_CREAT") || $0.name == "mkdirat" }
            #expect(calls.count >= 4, "the folder, the lock, the state and the history")
            for call in calls { #expect(call.text.contains(", 0600)") || call.text.contains(", 0700)"), "\(call)") }
        }
    }

    @Test func noFileIsSyncedTwice() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let calls = try await trace("save", in: files).filter { $0.name == "fsync" }
            #expect(calls.count == 4, "state, its folder, the backups and the history: \(calls)")
        }
    }

    @Test func everyFolderThatIsMadeIsSyncedInItsParent() async throws {
        try await withFileRepository { files in
            let calls = try await trace("save", in: files)
            let making = try place(calls, "mkdirat", "my-env", after: -1)
            _ = try place(calls, "fsync", "/data>", after: making)
        }
    }

    @Test func theLockFileIsNeitherTruncatedBeforeItIsHeldNorEverRemoved() async throws {
        try await withFileRepository { files in
            try await files.save()
            let calls = try await trace("save", in: files).filter { $0.text.contains("state.json.lock") }
            let locking = try place(calls, "flock", "LOCK_EX", after: -1)
            #expect(calls[..<locking].allSatisfy { !$0.text.contains("O_TRUNC") && $0.name != "ftruncate" })
            #expect(calls.allSatisfy { $0.name != "unlinkat" })
        }
    }

    @Test func aLoadSyncsNothingLocksNothingAndOpensNothingForWriting() async throws {
        try await withFileRepository { files in
            try await files.save(2)
            let calls = try await trace("load", in: files)
            #expect(calls.contains { $0.is("openat", "state.json") })
            for call in calls {
                #expect(["openat", "read", "pread64", "close"].contains(call.name), "\(call)")
                #expect(!call.text.contains("O_WRONLY") && !call.text.contains("O_RDWR"), "\(call)")
            }
        }
    }
}
