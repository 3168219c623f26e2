import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// Tests with power cuts: a small file system is shut down (`FS_IOC_SHUTDOWN` without flushing the log) while a probe
/// saves, and is mounted again, which replays its journal.
enum PowerPart: Part {
    static let name = "power"
    static let usesInjector = false

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        var bench = bench
        for (kind, size, format, options) in [
            ("ext4", "64M", ["mkfs.ext4", "-q", "-F"], "loop,noauto_da_alloc,data=ordered"),
            ("xfs", "320M", ["mkfs.xfs", "-q", "-f"], "loop"),
        ] {
            guard ThisProcess.userIdentifier == 0 else {
                findings.note("\(kind) skipped: needs root")
                continue
            }
            guard ThisProcess.findProgram(format[0]) != nil, ThisProcess.findProgram("mount") != nil else {
                findings.note("\(kind) skipped: needs \(format[0]) and mount")
                continue
            }
            let folder = "\(bench.folder)/\(kind)"
            let place = folder + "/disk"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let disk = Disk(files: try Case(folder, data: place + "/data"), image: folder + "/image", options: options)
            do {
                try await disk.system(["truncate", "-s", size, disk.image])
                try await disk.system(format + [disk.image])
                try await disk.mount()
            } catch {
                findings.note("\(kind) skipped: \(error)")
                continue
            }
            do {
                try await attack(disk, kind, cuts: bench.isShort ? 12 : 130, &bench.random, &findings)
            } catch {
                findings.violation("\(kind): \(error)")
            }
            try? await disk.unmount()
        }
    }

    private static func attack(
        _ disk: Disk, _ kind: String, cuts: Int, _ random: inout SplitMix64, _ findings: inout Findings
    ) async throws {
        let files = disk.files
        var newest = 0
        for cut in 1...cuts {
            if cut % 10 == 0 {
                // The first saves of a new environment are tested, too.
                try await files.repository.delete(files.name)
                newest = 0
            }
            try? FileManager.default.removeItem(atPath: files.output)
            let isOneLease = cut % 3 == 0
            let probe = try files.start(files.probe(isOneLease ? "lease" : "acknowledge", 100_000))
            let pause = Int.random(in: 0...(cut % 2 == 0 ? 25_000 : 60_000), using: &random)
            if cut % 4 != 0 {
                for _ in 0..<5000 {
                    guard files.acknowledged(in: probe.output).isEmpty else { break }
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            try await Task.sleep(for: .microseconds(pause))
            // The process is stopped first, because results from a file system that is shut down are not
            // acknowledgements (the fsync of a folder on xfs succeeds then).
            let sure = files.acknowledged(in: probe.output).last ?? newest
            ThisProcess.signal(SIGSTOP, to: probe.child.identifier)
            try disk.cutOff()
            probe.child.killNow()
            let end = await probe.child.end()
            let place = "\(kind), cut \(cut)"
            let last = files.acknowledged(in: probe.output).last ?? newest
            // On a busy machine the process runs on for a moment; then only acknowledgements before the power cut
            // count.
            let acknowledged = end == .signalled(Signals.kill) ? last : sure
            if ![.signalled(Signals.kill), .exited(3)].contains(end) {
                findings.violation("\(place): the probe: \(end) \(probe.output.suffix(300))")
            }
            try await disk.unmount()
            try await disk.mount()
            findings.count("cuts on \(kind)")
            do {
                let stored = try await files.repository.load(files.name)?.serial ?? 0
                if stored < acknowledged || stored > last + 1 {
                    findings.violation("\(place): serial \(stored), acknowledged \(acknowledged)")
                }
                newest = try await files.save()
                if newest != stored + 1 { findings.violation("\(place): the next save got serial \(newest)") }
                findings.violations(await files.faults(), in: place)
            } catch {
                findings.violation("\(place): acknowledged \(acknowledged), and now: \(error)")
                try? FileManager.default.removeItem(atPath: files.data)
                newest = 0
            }
        }
    }
}

/// A file system in an image file.
private struct Disk {
    let files: Case
    let image: String
    let options: String

    private var place: String { parentPath(of: files.data) ?? "/" }

    func mount() async throws { try await system(["mount", "-o", options, image, place]) }
    func unmount() async throws { try await system(["umount", place]) }

    /// Shuts the file system down; everything that is not on the disk is lost, including the journal's buffer.
    func cutOff() throws {
        let folder = unsafe open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        var withoutFlushingTheLog: UInt32 = 2
        guard unsafe ioctl(folder, 0x8004_587D, &withoutFlushingTheLog) == 0 else {
            throw ProgramFailure(description: "FS_IOC_SHUTDOWN of \(place): errno \(errno)")
        }
    }

    func system(_ command: [String]) async throws {
        let path = command[0].hasPrefix("/") ? command[0] : ThisProcess.findProgram(command[0]) ?? command[0]
        let (end, output) = try await files.run([path] + command.dropFirst())
        guard end == .exited(0) else {
            throw ProgramFailure(description: "\(command.joined(separator: " ")): \(end) \(output)")
        }
    }
}
