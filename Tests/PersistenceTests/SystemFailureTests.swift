import EnvironmentDomain
import Foundation
import OperatingSystem
import Testing

@testable import Persistence

/// What happens when the system refuses: without rights (in a process that gives up root's) and on a full or read-only
/// disk (on a file system of its own).
@Suite(.silentLog)
struct SystemFailureTests {
    static let isRoot = geteuid() == 0

    /// Saves three times, then lets `nobody` own the files and be this process, and runs `body` with the state's bytes.
    private static func asNobody(_ body: (TestFiles, [UInt8]) async throws -> Void) async throws {
        try await EnvironmentLog.withHandler({ _ in }) {
            try await withFileRepository { files in
                try await files.save(3)
                let before = try bytes(files.state)
                try await shell("chown -R 65534:65534 \(files.folder)")
                #expect(setgroups(0, nil) == 0 && setgid(65534) == 0 && setuid(65534) == 0)
                try await body(files, before)
                try await shell("chmod -R u+rwX \(files.folder)")
                #expect(try bytes(files.state) == before)
            }
        }
    }

    /// The errno at the end of an error's causes.
    private static func number(_ error: RepositoryError) -> Int32? {
        var cause = error.cause
        while let error = cause as? RepositoryError { cause = error.cause }
        return (cause as? SystemError)?.number
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func aFolderThatCannotBeWrittenIsAnErrorOfTheSaveAndLeavesTheStateAlone() async {
        await #expect(processExitsWith: .success) {
            try await Self.asNobody { files, before in
                let lease = try await files.lease()
                try await shell("chmod 500 \(files.environmentFolder)")
                let error = try await refusal { try await lease.save(Sample.next(), event: Sample.transition()) }
                #expect(error.code == .notWritable)
                #expect(Self.number(error) == EACCES)
                #expect(error.message.contains("Permission denied (faccessat \(files.environmentFolder))"))
                #expect(error.message.contains("chmod u+rwX \(files.environmentFolder)"))
                #expect(try bytes(files.state) == before)
                #expect(try files.temporaryFiles() == [])
                await lease.release()
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func aLivingProcessOfAnotherUserIsNotTakenForGone() async {
        await #expect(processExitsWith: .success) {
            #expect(setgroups(0, nil) == 0 && setgid(65534) == 0 && setuid(65534) == 0)
            #expect(LeaseHolder(pid: getppid(), host: ThisProcess.hostName).condition == .alive)
            #expect(!LeaseHolder(pid: getppid(), host: ThisProcess.hostName).isKnownToBeGone)
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func backupsThatCannotBeWrittenAreAnErrorOfTheSaveAndLeaveNoTemporaryFile() async {
        await #expect(processExitsWith: .success) {
            try await Self.asNobody { files, before in
                try await shell("chmod 500 \(files.backups)")
                let error = try await refusal { try await files.save() }
                #expect(error.code == .writeStateFailed)
                #expect(Self.number(error) == EACCES)
                #expect(try bytes(files.state) == before)
                #expect(try files.temporaryFiles() == [])
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func aStateFileThatCannotBeReadIsAnErrorThatSaysSo() async {
        await #expect(processExitsWith: .success) {
            try await Self.asNobody { files, _ in
                try await shell("chmod 0 \(files.state)")
                let loading = try await refusal { try files.repository.load(files.name) }
                let saving = try await refusal { try await files.save() }
                #expect(loading.code == .readStateFailed)
                #expect(saving.code == .readStateFailed)
                #expect(Self.number(loading) == EACCES)
                #expect(loading.message.contains("\(files.state) cannot be read: Permission denied"))
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func aLockFileThatCannotBeOpenedIsAnErrorAndNeverAWait() async {
        await #expect(processExitsWith: .success) {
            try await Self.asNobody { files, _ in
                try await shell("chmod 400 \(files.lock)")
                let error = try await refusal { try await files.save() }
                #expect(error.code == .lockUnusable)
                #expect(Self.number(error) == EACCES)
                #expect(error.message.contains(files.lock))
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func aFolderThatCannotBeMadeIsAnError() async {
        await #expect(processExitsWith: .success) {
            try await Self.asNobody { files, _ in
                try await shell("chmod 500 \(files.folder)/data")
                let error = try await refusal { try await files.repository.save(Sample.next(name: "other-env")) }
                #expect(error.code == .directoryCreationFailed)
                #expect(Self.number(error) == EACCES)
                #expect(error.message.contains("\(files.folder)/data/other-env cannot be made or opened"))
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func aStateThatCannotBeRemovedIsAnErrorOfTheDelete() async {
        await #expect(processExitsWith: .success) {
            try await Self.asNobody { files, before in
                try overwrite(files.environmentFolder + "/busy", [])
                try await shell("chmod 500 \(files.environmentFolder)")
                let error = try await refusal { try await files.repository.delete(files.name) }
                #expect(error.code == .deleteStateFailed)
                #expect(Self.number(error) == EACCES)
                #expect(try bytes(files.state) == before)
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to become another user"))
    func aReaderWithoutTheRightToWriteLoads() async {
        await #expect(processExitsWith: .success) {
            try await Self.asNobody { files, _ in
                try await shell("chmod 400 \(files.state) && chmod 500 \(files.environmentFolder) \(files.folder)/data")
                #expect(try files.repository.load(files.name)?.serial == 3)
                #expect(try files.repository.names() == [files.name])
            }
        }
    }

    @Test(
        arguments: [
            (0x6969, "nfs"), (0xFE53_4D42, "smb2"), (0xFF53_4D42, "cifs"),
            (Int64(Int32(bitPattern: 0xFF53_4D42)), "cifs"),
            (0x6573_5546, "fuse"), (0x0102_1997, "9p"), (0xEF53, nil), (0x5846_5342, nil), (0x0102_1994, nil),
        ] as [(Int64, String?)])
    func networkFileSystemsAreKnownByTheirNumbers(_ type: Int64, _ name: String?) {
        #if os(Linux)
            #expect(networkFileSystem(type: type) == name)
        #endif
    }

    @Test func aNetworkFileSystemIsWarnedAboutOnce() async {
        let log = LogCollector()
        await log.collect {
            for path in ["/a", "/b"] { NetworkFileSystem.notice("nfs", device: 0xDEAD_BEEF, path: path) }
            NetworkFileSystem.notice("9p", device: 0xBEEF_DEAD, path: "/c")
        }
        #expect(log.records(.warning).map { $0["file_system"] } == ["nfs", "9p"])
    }

    @Test func theTestsOwnFoldersAreOnALocalDisk() async throws {
        let log = LogCollector()
        try await log.collect { try await withFileRepository { files in try await files.save() } }
        #expect(!log.records.contains { $0.message.contains("network") })
    }

    // MARK: Disks

    /// Gives `body` a repository on a file system of its own, of 64 KiB, with three saves in it.
    private func withSmallDisk(_ body: (TestFiles) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try await shell("mkdir \(folder)/data && mount -t tmpfs -o size=64k,mode=700 none \(folder)/data")
            var failure: (any Error)?
            do {
                let files = try TestFiles(folder)
                try await files.save(3)
                try await body(files)
            } catch {
                failure = error
            }
            try await shell("umount -l \(folder)/data")
            if let failure { throw failure }
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to mount a small disk"))
    func aFullDiskIsAnErrorOfTheSaveAndLeavesTheStateAlone() async throws {
        try await withSmallDisk { files in
            let before = try bytes(files.state)
            try await shell("cat /dev/zero > \(files.folder)/data/filler 2>/dev/null || true")
            let error = try await refusal { try await files.save() }
            #expect(error.code == .insufficientSpace)
            let space = try #require(error.cause as? InsufficientSpace)
            #expect(space.available == 0 && space.needed > 0 && space.needed % 4096 == 0)
            #expect(error.message.contains("Free some space on its disk"))
            #expect(try bytes(files.state) == before)
            #expect(try files.temporaryFiles() == [])
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to mount a small disk"))
    func aStateThatAFullDiskKeptOutIsInTheEmergencyRecord() async throws {
        try await withSmallDisk { files in
            let lease = try await files.lease()
            let environment = try Sample.next()
            try await shell("cat /dev/zero > \(files.folder)/data/filler 2>/dev/null || true")
            _ = try await refusal { try await lease.save(environment, event: Sample.transition()) }
            let path = try #require(try await lease.keepEmergencyRecord())
            await lease.release()
            try FileManager.default.removeItem(atPath: files.folder + "/data/filler")
            #expect(try await files.repository.recover(path, for: files.name).document == environment)
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to mount a small disk"))
    func aSaveSucceedsAgainWhenThereIsSpace() async throws {
        try await withSmallDisk { files in
            try await shell("cat /dev/zero > \(files.folder)/data/filler 2>/dev/null || true")
            let lease = try await files.lease()
            let lost = try Sample.transition()
            _ = try await refusal { try await lease.save(Sample.next(), event: lost) }
            try FileManager.default.removeItem(atPath: files.folder + "/data/filler")
            #expect(try await lease.save(Sample.next(), event: Sample.transition()).line?.missed == [lost])
            await lease.release()
        }
    }

    @Test(.enabled(if: isRoot, "needs root, to mount a small disk"))
    func onAReadOnlyDiskLoadingWorksAndSavingIsAnError() async throws {
        try await withSmallDisk { files in
            let lease = try await files.lease()
            await lease.release()
            try await shell("mount -o remount,ro \(files.folder)/data")
            #expect(try files.repository.load(files.name)?.serial == 3)
            let error = try await refusal { try await files.save() }
            #expect(error.code == .lockUnusable)
            #expect(Self.number(error) == EROFS)
        }
    }
}
