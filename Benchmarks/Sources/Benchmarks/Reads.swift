import CPeers
import DocumentStore
import EnvironmentDomain
import Foundation
import Persistence

/// The measurements of loads, of leases without a save, and of the list of all environments.
struct Reads {
    let folder: String
    let rounds: Int

    static let ours = "load"
    static let raw = "C: open, fstat, read, close"

    func load(_ report: inout Report) async throws {
        let ours = try await Ours(folder)
        let (content, line) = try ours.stored()
        let peer = try Peer(ours.folder, content: content, line: line)
        let same = "C: the same calls as the load"
        let scan = "C: one pass over the same JSON, no file"
        let text = Array(line.dropLast())
        let results = try await race(
            rounds: rounds * 3,
            [
                Contestant(Self.ours) { _ = try await ours.repository.load(ours.name) },
                Contestant(Self.raw) { try peer.rawRead() },
                Contestant(same) { try peer.load() },
                Contestant(scan) {
                    if peer_scan(text, text.count) < 0 { throw PeerError(description: "not JSON") }
                },
            ])
        report.add("Loads", results, [(Self.ours, Self.raw), (Self.raw, nil), (same, Self.raw), (scan, Self.raw)])
        if let load = results[Self.ours], let raw = results[Self.raw] {
            report.goals.append(Goal("load ÷ raw read", load, raw, 3))
        }
    }

    func lease(_ report: inout Report) async throws {
        let fresh = try await Ours(folder + "/lease-fresh", saves: 1)
        try await fresh.repository.delete(fresh.name)
        let ours = try await Ours(folder + "/lease")
        let (content, line) = try ours.stored()
        let peer = try Peer(folder + "/lease/same", content: content, line: line)
        try peer.take()
        for _ in 0..<7 { try peer.save() }
        try peer.release()
        let empty = try Peer(folder + "/lease/empty", content: content, line: line)
        let name = "lease and release"
        let same = "C: the same calls as lease and release"
        let look = "lease, look at what is stored, release"
        let without = "lease and release, nothing stored yet"
        let sameWithout = "C: the same calls, nothing stored yet"
        let lock = "C: open, flock, unlock, close"
        let results = try await race(
            rounds: rounds * 3,
            [
                Contestant(name) { try await takeAndRelease(ours) },
                Contestant(look) {
                    let lease = try await ours.repository.acquireLease(ours.name, for: .save, run: CommandRun())
                    _ = try await lease.stored
                    await lease.release()
                },
                Contestant(without) { try await takeAndRelease(fresh) },
                Contestant(same) {
                    try peer.take()
                    try peer.release()
                },
                Contestant(sameWithout) {
                    try empty.take()
                    try empty.release()
                },
                Contestant(lock) { try peer.lockOnly() },
            ])
        report.add(
            "Leases nobody else wants", results,
            [(name, same), (same, nil), (look, same), (without, sameWithout), (sameWithout, nil), (lock, nil)])
        if let ours = results[name], let same = results[same] {
            report.goals.append(Goal("lease and release ÷ C with the same calls", ours, same, 1.5))
        }
    }

    /// Measures reading the complete states of many environments, as `envctl list` does.
    func list(_ report: inout Report, count: Int, measure: String) async throws {
        let ours = try await Ours(folder + "/list", name: "e0")
        let data = ours.repository.dataFolder.text
        let log = String(decoding: try readFile(ours.folder + "/history.jsonl"), as: UTF8.self)
        let lines = log.split(separator: "\n").filter { $0.first == "{" }
        for index in 1..<count {
            let environment = "\(data)/e\(index)"
            try FileManager.default.createDirectory(atPath: environment, withIntermediateDirectories: false)
            let named = lines.compactMap { line in
                LogLine(edited: Array(line.replacing("\"name\":\"e0\"", with: "\"name\":\"e\(index)\"").utf8))
            }
            var text = named.reduce(into: Data()) { $0 += $1.bytes + [10] }
            text += Data(repeating: 32, count: max(0, log.utf8.count - text.count - 1)) + [10]
            try text.write(to: URL(filePath: "\(environment)/history.jsonl"))
            try Data(named.last?.pretty ?? []).write(to: URL(filePath: "\(environment)/state.json"))
        }
        let name = "whole states of \(count) environments"
        let floor = "C: open, fstat and read the same bytes"
        let results = try await race(
            rounds: max(5, rounds / 50), warmUp: 2,
            [
                Contestant(name) { try await Self.list(data, count: count) },
                Contestant(floor) {
                    if peer_list(data) != count { throw PeerError(description: "the peer lists another number") }
                },
            ])
        report.add("List", results, [(name, floor), (floor, nil)])
        if let ours = results[name], let floor = results[floor] {
            report.goals.append(Goal("\(name) ÷ C that reads the same bytes", ours, floor, 1.5))
        }
        let process = try Measured.run([CommandLine.arguments[0], "--list", data, "\(count)"], by: measure)
        report.goals.append(
            Goal(text: "\(name), peak memory", value: Double(process.kilobytes) / 1e3, limit: 40, unit: " MB"))
    }

    /// Measures the examination of a log of many files, as `envctl doctor` does it.
    func doctor(_ report: inout Report, megabytes: Int, measure: String) async throws {
        let ours = try await Ours(folder + "/doctor", saves: 1)
        let (_, text) = try ours.stored()
        guard let first = LogLine(text.dropLast()), let members = first.bytes.firstRange(of: Array("\"at\":".utf8))
        else { throw PeerError(description: "the log has another form") }
        let object = Array("{".utf8) + first.bytes[members.lowerBound...]
        var line = first
        var file = Data(first.bytes + [10])
        for number in stride(from: (megabytes + 7) / 8, through: 0, by: -1) {
            while file.count < 8 << 20 {
                line = LogLine(after: line, lineage: first.lineage, object: object)
                file += line.bytes + [10]
            }
            try file.write(to: URL(filePath: "\(ours.folder)/history.jsonl" + (number == 0 ? "" : ".\(number)")))
            file = Data()
        }
        try Data(line.pretty).write(to: URL(filePath: ours.folder + "/state.json"))
        let words = [CommandLine.arguments[0], "--examine", ours.repository.dataFolder.text, ours.name.text]
        var times = Series(name: "doctor, a log of \(megabytes) MB")
        var memory: UInt64 = 0
        for _ in 0..<3 {
            let process = try Measured.run(words, by: measure)
            times.samples.append(process.time)
            memory = max(memory, process.kilobytes)
        }
        report.add("Doctor", [times.name: times], [(times.name, nil)])
        report.goals += [
            Goal(
                text: "doctor, for each 100 MB of log", value: times.median / 1e9 * 100 / Double(megabytes), limit: 1,
                unit: " s"),
            Goal(text: "doctor, peak memory", value: Double(memory) / 1e3, limit: 60, unit: " MB"),
        ]
    }

    /// Examines an environment once.
    static func examine(_ data: String, _ name: String) async throws {
        let findings = try await FileEnvironmentRepository(dataFolder: data).examine(EnvironmentName(name))
        guard findings.allSatisfy({ $0.severity == .note }) else { throw PeerError(description: "\(findings)") }
    }

    static func list(_ data: String, count: Int) async throws {
        let repository = try FileEnvironmentRepository(dataFolder: data)
        let names = try await repository.names()
        // The number of tasks is that of `envctl list`.
        let states = try await withThrowingTaskGroup(of: Int.self) { group in
            let size = max(1, (names.count + 3) / 4)
            for start in stride(from: 0, to: names.count, by: size) {
                group.addTask {
                    var states = 0
                    for name in names[start..<min(start + size, names.count)] {
                        if try await repository.load(name)?.document.name == name { states += 1 }
                    }
                    return states
                }
            }
            return try await group.reduce(0, +)
        }
        guard states == count else { throw PeerError(description: "\(states) of \(count) states") }
    }
}

func readFile(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
