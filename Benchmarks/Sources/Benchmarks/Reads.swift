import CPeers
import EnvironmentDomain
import Foundation
import Persistence

/// Loads, leases without a save, and the list of all environments.
struct Reads {
    let folder: String
    let rounds: Int

    static let ours = "load"
    static let raw = "C: open, fstat, read, close"

    func load(_ report: inout Report) async throws {
        let ours = try await Ours(folder)
        let (content, line) = try ours.stored()
        let peer = try Peer(ours.folder, content: content, line: line)
        let inner = try Self.member("environment", of: content)
        let name = Self.ours
        let raw = Self.raw
        let same = "C: the same calls as the load"
        let decoder = "JSONDecoder: the environment alone, no file"
        let untyped = "JSONSerialization: untyped, no file"
        let scan = "C: one pass over the same JSON, no file"
        let cheapest = "C: the same calls as the load and one pass, in place of a decoder"
        func onePass() throws {
            if peer_scan(content, content.count) < 0 { throw PeerError(description: "not JSON") }
        }
        let results = try await race(
            rounds: rounds * 3,
            [
                Contestant(name) { _ = try await ours.repository.load(ours.name) },
                Contestant(raw) { try peer.rawRead() },
                Contestant(same) { try peer.load() },
                Contestant(decoder) { _ = try JSONDecoder().decode(AnyEnvironmentState.self, from: inner) },
                Contestant(untyped) { _ = try JSONSerialization.jsonObject(with: Data(content)) },
                Contestant(scan) { try onePass() },
                Contestant(cheapest) {
                    try peer.load()
                    try onePass()
                },
            ])
        report.add(
            "Loads", results,
            [
                (name, raw), (raw, nil), (same, raw), (decoder, raw), (untyped, raw), (scan, raw), (cheapest, raw),
            ])
        if let load = results[name], let raw = results[raw], let cheapest = results[cheapest] {
            report.goals.append(
                Goal(text: "load ÷ raw read", value: load.median / raw.median, limit: 5, unit: " ×"))
            report.notes.append(
                "A decoder as cheap as one pass in C would bring a load from \(number(load.median / raw.median)) raw "
                    + "reads to \(number(cheapest.median / raw.median)).")
        }
    }

    private static func member(_ name: String, of json: [UInt8]) throws -> Data {
        let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        return try JSONSerialization.data(withJSONObject: object?[name] ?? [:])
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
            report.goals.append(
                Goal(
                    text: "lease and release, beyond its system calls", value: (ours.median - same.median) / 1e3,
                    limit: 20, unit: " µs"))
        }
        if let ours = results[without], let same = results[sameWithout] {
            report.notes.append(
                "A lease where nothing is stored yet takes \(duration(ours.median - same.median)) beyond its calls.")
        }
    }

    func list(_ report: inout Report, count: Int) async throws {
        let ours = try await Ours(folder + "/list", name: "e0")
        let data = folder + "/list/data"
        let files = try ["history.jsonl", "state.json"].map { ($0, Data(try readFile("\(ours.folder)/\($0)"))) }
        for index in 1..<count {
            let environment = "\(data)/e\(index)"
            try FileManager.default.createDirectory(atPath: environment, withIntermediateDirectories: false)
            for (name, content) in files { try content.write(to: URL(filePath: "\(environment)/\(name)")) }
        }
        let name = "names of \(count) environments"
        let floor = "C: readdir and two fstatat each"
        let results = try await race(
            rounds: max(5, rounds / 20), warmUp: 2,
            [
                Contestant(name) {
                    let names = try await ours.repository.names()
                    if names.count != count { throw PeerError(description: "\(names.count) of \(count) names") }
                },
                Contestant(floor) {
                    if peer_list(data) != count { throw PeerError(description: "the peer lists another number") }
                },
            ])
        report.add("List", results, [(name, floor), (floor, nil)])
        if let series = results[name] {
            report.goals.append(Goal(text: name, value: series.median / 1e6, limit: 1000, unit: " ms"))
        }
    }
}

func readFile(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
