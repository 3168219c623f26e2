import CPeers
import EnvironmentDomain
import Foundation
import Persistence

/// The measurements of saves, compared with the same system calls in C, the bare floor and other recipes.
struct Saves {
    static let ours = "save under a held lease"
    static let whole = "lease, save, release"
    static let same = "C: the same calls as the save"
    static let sameWhole = "C: the same calls as lease, save, release"
    static let bare = "C: temp, fsync, rename, fsync folder"
    static let pid = "PID-file recipe"
    static let pidDurable = "PID-file recipe, with fsync of the folder"
    static let sqlite = "SQLite, WAL, FULL, kept open"
    static let sqliteReopened = "SQLite, WAL, FULL, reopened"
    static let python = "Python filelock + os.replace"
    static let pythonDurable = "Python filelock + os.replace, with fsync of the folder"
    let folder: String
    let medium: String
    let rounds: Int

    func run(_ report: inout Report) async throws -> [String: Series] {
        let held = try await Ours(folder, name: "held")
        let reopened = try await Ours(folder, name: "reopened")
        let (content, line) = try held.stored()
        let same = try Peer(folder + "/same", content: content, line: line)
        let whole = try Peer(folder + "/whole", content: content, line: line)
        let bare = try Peer(folder + "/bare", content: content, line: line)
        let pid = try Peer(folder + "/pid", content: content, line: line)
        let pidDurable = try Peer(folder + "/pid-durable", content: content, line: line)
        try same.take()
        var contestants = [
            Contestant(Self.same) { try same.save() },
            Contestant(Self.sameWhole) {
                try whole.take()
                try whole.save()
                try whole.release()
            },
            Contestant(Self.bare) { try bare.bare() },
            Contestant(Self.pid) { try pid.pidFile(synchronizingFolder: false) },
            Contestant(Self.pidDurable) { try pidDurable.pidFile(synchronizingFolder: true) },
            Contestant(Self.whole) { try await reopened.save(1) },
        ]
        do {
            let kept = try SQLite(folder + "/sqlite", content: content, line: line)
            let again = try SQLite(folder + "/sqlite-reopened", content: content, line: line)
            contestants += [
                Contestant(Self.sqlite) { try kept.save() },
                Contestant(Self.sqliteReopened) { try again.saveReopening() },
            ]
        } catch {
            report.skipped.append("SQLite: \(error).")
        }
        var pythons: [FileLockPeer] = []
        do {
            for (name, isDurable) in [(Self.python, false), (Self.pythonDurable, true)] {
                let peer = try FileLockPeer(
                    "\(folder)/python-\(isDurable)", length: content.count, synchronizingFolder: isDurable)
                contestants.append(Contestant(reporting: name) { try peer.save() })
                pythons.append(peer)
            }
        } catch {
            report.skipped.append("Python filelock: \(error).")
        }
        let results = try await held.repository.withLease(held.name, for: .save) { lease in
            let ours = Contestant(Self.ours) { try await lease.save(held.environment, event: Sample.event()) }
            return try await race(rounds: rounds, contestants + [ours])
        }
        for python in pythons { python.stop() }
        report.add(
            "Saves on \(medium)", results,
            [
                (Self.ours, Self.same), (Self.same, nil),
                (Self.whole, Self.sameWhole), (Self.sameWhole, nil),
                (Self.bare, nil), (Self.pid, Self.bare), (Self.pidDurable, Self.bare), (Self.sqlite, Self.bare),
                (Self.sqliteReopened, Self.bare), (Self.python, Self.bare), (Self.pythonDurable, Self.bare),
            ])
        goals(results, &report)
        return results
    }

    /// Adds the goals for saves on this medium.
    private func goals(_ results: [String: Series], _ report: inout Report) {
        func add(_ what: String, to peer: String, _ limit: Double?) {
            guard let limit, let ours = results[what], let peer = results[peer] else { return }
            report.goals.append(Goal("\(what) on \(medium) ÷ \(peer.name)", ours, peer, limit))
        }
        add(Self.ours, to: Self.bare, ["the disk": 0.5, "ext4": 0.4][medium])
        add(Self.ours, to: Self.same, ["the disk": 1.25, "tmpfs": 2.2][medium])
        guard medium == "the disk" else { return }
        add(Self.ours, to: Self.sqlite, 0.95)
        for peer in [Self.pidDurable, Self.pythonDurable, Self.sqliteReopened] { add(Self.whole, to: peer, 1) }
    }

    /// Measures variants of the save in C that do less, to show what the disk permits.
    func variants(_ report: inout Report) async throws {
        let (content, line) = try await Ours(folder + "/variants").stored()
        let choices: [(String, peer_variant)] = [
            ("a line at the end of a log, with padding, fdatasync", peer_append),
            ("the same, opened and closed for each", peer_reopened),
            ("without padding", peer_growing),
            ("with 64 KiB of padding", peer_much_padding),
            ("O_DSYNC in place of fdatasync", peer_synchronous),
        ]
        let base = try Peer(folder + "/variants/base", content: content, line: line)
        let bare = try Peer(folder + "/variants/bare", content: content, line: line)
        try base.take()
        var contestants = [Contestant(Self.same) { try base.save() }, Contestant(Self.bare) { try bare.bare() }]
        for (index, (name, variant)) in choices.enumerated() {
            let peer = try Peer(folder + "/variants/\(index)", content: content, line: line)
            contestants.append(Contestant(name) { try peer.save(variant) })
        }
        let results = try await race(rounds: rounds, contestants)
        report.add(
            "What \(medium) could give (all in C)", results,
            [(Self.same, nil), (Self.bare, Self.same)] + choices.map { ($0.0, Self.same) })
    }

    /// Measures saves of large documents with the generic document store.
    func large(_ report: inout Report) async throws {
        for megabytes in [1, 10] {
            let path = "\(folder)/large-\(megabytes)"
            let store = JSONDocumentStore<Notes>(
                folder: try AbsolutePath(path + "/ours"), name: "notes", emergencyFolder: folder + "/no-emergency")
            let notes = Notes(bytes: megabytes << 20)
            let lease = try await store.acquireLease(for: .save)
            let event = HistoryEvent(command: .save, commandID: .random(), change: .saved)
            try await lease.save(notes, event: event)
            await lease.release()
            let file = try readFile(path + "/ours/state.json")
            let line = try readFile(path + "/ours/history.jsonl")
            let peer = try Peer(path + "/same", content: file, line: line)
            let bare = try Peer(path + "/bare", content: file, line: line)
            try peer.take()
            let again = try await store.acquireLease(for: .save)
            let name = "save of \(megabytes) MB"
            let floor = "C: the same calls with \(megabytes) MB"
            let least = "\(Self.bare), \(megabytes) MB"
            let results = try await race(
                rounds: max(5, rounds / (megabytes == 1 ? 20 : 60)), warmUp: 2,
                [
                    Contestant(name) { try await again.save(notes, event: event) },
                    Contestant(floor) { try peer.save() },
                    Contestant(least) { try bare.bare() },
                ])
            await again.release()
            report.add(
                "Large documents on \(medium)", results, [(name, floor), (name, least), (floor, nil), (least, nil)])
            guard megabytes == 10, let ours = results[name], let bare = results[least] else { continue }
            report.goals.append(Goal(text: name, value: ours.median / 1e6, limit: 60, unit: " ms"))
            report.goals.append(Goal("\(name) ÷ bare with the same bytes", ours, bare, 1.5))
        }
    }

    /// Measures saves and leases with a long history.
    func history(_ report: inout Report, lines: Int) async throws {
        let short = try await Ours(folder + "/history-short")
        let long = try await Ours(folder + "/history-long", saves: lines)
        let few = "save, history of a few lines"
        let many = "save, history of \(lines) lines"
        let leaseFew = "lease and release, history of a few lines"
        let leaseMany = "lease and release, history of \(lines) lines"
        var results = try await race(
            rounds: rounds,
            [
                Contestant(leaseFew) { try await takeAndRelease(short) },
                Contestant(leaseMany) { try await takeAndRelease(long) },
            ])
        let saves = try await short.repository.withLease(short.name, for: .save) { first in
            try await long.repository.withLease(long.name, for: .save) { second in
                try await race(
                    rounds: rounds,
                    [
                        Contestant(few) { try await first.save(short.environment, event: Sample.event()) },
                        Contestant(many) { try await second.save(long.environment, event: Sample.event()) },
                    ])
            }
        }
        results.merge(saves) { $1 }
        report.add(
            "History on \(medium)", results, [(few, nil), (many, few), (leaseFew, nil), (leaseMany, leaseFew)])
    }
}

func takeAndRelease(_ ours: Ours) async throws {
    await (try await ours.repository.acquireLease(ours.name, for: .save, run: CommandRun())).release()
}
