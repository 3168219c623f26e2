import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// Damaged state files of every kind: an error that is documented, and nothing is overwritten.
enum DamagePart: Part {
    static let name = "damage"
    static let usesInjector = false

    private static let unreadable: Set<RepositoryError.Code> = [
        .deserializationFailed, .corruptedStateFile, .checksumMismatch,
    ]

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        var random = bench.random
        try await bench.withCase { files in
            for _ in 0..<7 { _ = try await files.save() }
            let good = bytes(files.state)
            for (what, input, codes) in inputs(good, bench, &random) {
                try await attack(files, what, input, codes, &findings)
            }
            try Data(good).write(to: URL(fileURLWithPath: files.state))
            try await replaceFiles(files, good, &findings)
        }
    }

    private static func inputs(
        _ good: [UInt8], _ bench: Bench, _ random: inout SplitMix64
    ) -> [(String, [UInt8], Set<RepositoryError.Code>)] {
        var inputs: [(String, [UInt8], Set<RepositoryError.Code>)] = []
        func add(_ what: String, _ text: String, _ codes: Set<RepositoryError.Code>) {
            inputs.append((what, Array(text.utf8), codes))
        }
        let text = String(decoding: good, as: UTF8.self)
        inputs.append(("nothing", [], [.deserializationFailed]))
        for length in stride(from: 1, to: good.count - 1, by: bench.isShort ? 23 : 1) {
            inputs.append(("cut off after \(length)", Array(good[..<length]), unreadable))
        }
        for _ in 0..<(bench.isShort ? 150 : 3000) {
            let place = Int.random(in: 0..<good.count, using: &random)
            var bytes = good
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            inputs.append(("bit flipped in byte \(place)", bytes, unreadable.union([.schemaTooNew])))
        }
        for _ in 0..<(bench.isShort ? 20 : 300) {
            let place = Int.random(in: 0..<good.count, using: &random)
            let length = Int.random(in: 1...64, using: &random)
            var bytes = good
            for index in place..<min(place + length, good.count) { bytes[index] = 0 }
            if bytes != good { inputs.append(("zeros at \(place)", bytes, unreadable)) }
            let noise = (0..<length * 8).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            inputs.append(("\(noise.count) random bytes", noise, unreadable))
        }
        for depth in [600, 100_000] {
            add("\(depth) open brackets", String(repeating: "[", count: depth), unreadable)
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            add("nested \(depth) deep", nested, unreadable)
            add("environment nested \(depth) deep", "{\"environment\": \(nested)}", unreadable)
        }
        for (what, word) in [
            ("null", "null"), ("a number", "17"), ("a string", "\"state\""), ("an array", "[1]"), ("true", "true"),
            ("an empty object", "{}"), ("a huge number", "{\"serial\": 1e999999}"), ("a NUL byte", "\0"),
            ("two documents", text + text), ("text behind it", text + "x"), ("UTF-16", "\u{FEFF}{\0\"\0"),
            ("an unknown state", "{\"Flying\": {}}"), ("two states", "{\"Created\": {}, \"Running\": {}}"),
            ("a string without an end", "{\"checksum"), ("half an escape", "{\"a\": \"\\u12"),
        ] { add(what, word, unreadable) }
        inputs.append(("bytes that are not UTF-8", [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D], unreadable))
        // With a checksum that fits, what is wrong inside must be found by itself.
        for (what, old, new) in [
            ("serial of a wrong type", "\"serial\" : 7\n", "\"serial\" : \"7\"\n"),
            ("serial 0", "\"serial\" : 7\n", "\"serial\" : 0\n"),
            ("negative serial", "\"serial\" : 7\n", "\"serial\" : -7\n"),
            ("the largest serial", "\"serial\" : 7\n", "\"serial\" : 9223372036854775807\n"),
            ("serial with a fraction", "\"serial\" : 7\n", "\"serial\" : 7.5\n"),
            ("unknown state", "\"Created\"", "\"Flying\""), ("no lineage", "\"lineage\"", "\"lineages\""),
            ("wrong name", "\"name\" : \"my-env\"", "\"name\" : \"../up\""),
            ("wrong time", "\"saved_at\" : \"2", "\"saved_at\" : \"x"),
        ] {
            let changed = text.replacingOccurrences(of: old, with: new)
            if changed != text { inputs.append((what, resealed(changed), unreadable)) }
        }
        let newer = text.replacingOccurrences(of: "\"schema_version\" : 1", with: "\"schema_version\" : 99")
        inputs.append(("newer schema", resealed(newer), [.schemaTooNew]))
        let other = text.replacingOccurrences(of: "\"my-env\"", with: "\"another\"")
        inputs.append(("another environment's file", resealed(other), [.wrongEnvironment]))
        return inputs
    }

    /// Members that a lease refuses and a mere load does not.
    private static func strange(_ good: [UInt8]) -> [(String, [UInt8])] {
        let text = String(decoding: good, as: UTF8.self)
        return [
            ("unknown member", "\"serial\" : 7", "\"serial\" : 7,\n  \"zebra\" : 1"),
            ("duplicate member", "\"serial\" : 7", "\"serial\" : 7,\n  \"serial\" : 7"),
            ("other spacing", "\"serial\" : 7", "\"serial\":  7"),
        ].map { ($0, resealed(text.replacingOccurrences(of: $1, with: $2))) }
    }

    /// The text with the checksum that fits it.
    private static func resealed(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard let comma = bytes.firstIndex(of: UInt8(ascii: ",")) else { return bytes }
        let sum = Checksum(of: bytes[(comma + 1)...]).text
        return Array("{\n  \"checksum\" : \"\(sum)\",".utf8) + bytes[(comma + 1)...]
    }

    private static func attack(
        _ files: Case, _ what: String, _ input: [UInt8], _ codes: Set<RepositoryError.Code>,
        _ findings: inout Findings
    ) async throws {
        try Data(input).write(to: URL(fileURLWithPath: files.state))
        do {
            let stored = try await files.repository.load(files.name)
            findings.violation("\(what): loads as serial \(stored?.serial ?? 0)")
        } catch {
            if !codes.contains(error.code) { findings.violation("\(what): \(error)") }
        }
        try await mustBeRefused(what, codes, files, &findings)
    }

    /// Saves, which must end in one of these errors and leave the state file as it is.
    ///
    /// - Parameter meanwhile: what somebody else does while the lease is held.
    private static func mustBeRefused(
        _ what: String, _ codes: Set<RepositoryError.Code>, _ files: Case, _ findings: inout Findings,
        meanwhile: () throws -> Void = {}
    ) async throws {
        var before = bytes(files.state)
        do {
            _ = try await files.save {
                try meanwhile()
                before = bytes(files.state)
            }
            findings.violation("\(what): a save went through")
        } catch let error as RepositoryError {
            findings.count(error.code.rawValue)
            if !codes.contains(error.code) { findings.violation("\(what): \(error)") }
        }
        if bytes(files.state) != before { findings.violation("\(what): the file was changed") }
    }

    private static func replaceFiles(_ files: Case, _ good: [UInt8], _ findings: inout Findings) async throws {
        for (what, input) in strange(good) {
            try Data(input).write(to: URL(fileURLWithPath: files.state))
            try await mustBeRefused(what, unreadable, files, &findings)
        }
        let manager = FileManager.default
        let kinds: [(String, () throws -> Void)] = [
            ("a folder", { try manager.createDirectory(atPath: files.state, withIntermediateDirectories: false) }),
            (
                "a symbolic link",
                { try manager.createSymbolicLink(atPath: files.state, withDestinationPath: files.history) }
            ),
            ("a pipe", { guard unsafe mkfifo(files.state, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) } }),
            (
                "a file of 65 MB",
                {
                    try Data().write(to: URL(fileURLWithPath: files.state))
                    guard unsafe truncate(files.state, 65 << 20) == 0 else { throw CocoaError(.fileWriteUnknown) }
                }
            ),
        ]
        for (what, make) in kinds {
            try manager.removeItem(atPath: files.state)
            try make()
            try await mustBeRefused(what, [.notRegularFile, .tooLarge], files, &findings)
        }
        try manager.removeItem(atPath: files.state)
        try Data(good).write(to: URL(fileURLWithPath: files.state))
        try await interfere(files, &findings)
        try await restore(files, &findings)
        // The other files: damage of theirs never keeps a save from working.
        for name in ["state.json.lock", "history.jsonl", "backups/state.6.json"] {
            for garbage in [[], [0xFF, 0, 0x7B], Array(repeating: UInt8(0x5B), count: 100_000)] {
                try Data(garbage).write(to: URL(fileURLWithPath: "\(files.root)/\(name)"))
                let before = try await files.repository.load(files.name)?.serial ?? 0
                do {
                    let next = try await files.save()
                    if next != before + 1 { findings.violation("\(name) damaged: serial \(next)") }
                    findings.count("other files: saved all the same")
                } catch {
                    findings.violation("\(name) damaged: \(error)")
                }
            }
        }
    }

    /// The state is damaged and the history claims the largest serial there is: a backup is brought in all the same.
    private static func restore(_ files: Case, _ findings: inout Findings) async throws {
        let good = bytes(files.state)
        let lines = text(files.history).split(separator: "\n")
        guard let stored = try await files.repository.load(files.name), let last = lines.last else { return }
        let line = last.replacingOccurrences(of: "\"serial\":\(stored.serial)", with: "\"serial\":\(Int.max)")
        try Data((lines + [line[...]]).map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: files.history))
        try Data("{".utf8).write(to: URL(fileURLWithPath: files.state))
        let backup = "\(files.root)/backups/state.\(stored.serial - 1).json"
        do {
            let restored = try await files.repository.recover(backup, for: files.name)
            findings.count("restored")
            if restored.serial <= stored.serial - 1 { findings.violation("restored as serial \(restored.serial)") }
        } catch {
            findings.violation("a good backup cannot be brought in: \(error)")
        }
        try Data(good).write(to: URL(fileURLWithPath: files.state))
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: files.history))
    }

    /// Somebody changes the state or removes the lock while a lease is held.
    private static func interfere(_ files: Case, _ findings: inout Findings) async throws {
        let good = bytes(files.state)
        for (what, expected, change) in [
            (
                "state changed under a lease", RepositoryError.Code.conflict,
                {
                    try copy("\(files.root)/backups/state.6.json", to: files.state)
                }
            ),
            (
                "lock file removed under a lease", .lockLost,
                {
                    try FileManager.default.removeItem(atPath: files.root + "/state.json.lock")
                }
            ),
            (
                "lock file replaced under a lease", .lockLost,
                {
                    try FileManager.default.removeItem(atPath: files.root + "/state.json.lock")
                    try Data().write(to: URL(fileURLWithPath: files.root + "/state.json.lock"))
                }
            ),
        ] as [(String, RepositoryError.Code, () throws -> Void)] {
            try await mustBeRefused(what, [expected], files, &findings, meanwhile: change)
            try Data(good).write(to: URL(fileURLWithPath: files.state))
        }
    }
}
