import DocumentStore
import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// Tests with damaged files of every kind.
///
/// A load returns the state of the log's newest line or throws a documented error, no save succeeds, and nothing is
/// overwritten.
enum DamagePart: Part {
    static let name = "damage"
    static let usesInjector = false

    private static let damaged: Set<RepositoryError.Code> = [
        .deserializationFailed, .corruptedStateFile, .checksumMismatch,
    ]

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        try await bench.withCase { files in
            for _ in 0..<7 { _ = try await files.save() }
            let good = Good(files)
            var random = bench.random
            for input in checkpoints(good.state, bench, &random) {
                try good.restore(files)
                try Data(input.bytes).write(to: URL(fileURLWithPath: files.state))
                try await attack(files, input, &findings)
            }
            for input in logs(good.log, bench, &random) {
                try good.restore(files)
                try Data(input.bytes).write(to: URL(fileURLWithPath: files.history))
                if !input.hasCheckpoint { try FileManager.default.removeItem(atPath: files.state) }
                try await attack(files, input, &findings)
            }
            try good.restore(files)
            try await otherKinds(files, good, &findings)
            try await interfere(files, good, &findings)
            try await recover(files, good, &findings)
            try await torn(files, good, bench, &findings)
            try await otherFiles(files, &findings)
        }
    }

    /// The undamaged files of an environment.
    private struct Good {
        let state: [UInt8]
        let log: [UInt8]

        init(_ files: Case) {
            state = bytes(files.state)
            log = bytes(files.history)
        }

        func restore(_ files: Case) throws {
            for (path, bytes) in [(files.state, state), (files.history, log)] {
                try? FileManager.default.removeItem(atPath: path)
                try Data(bytes).write(to: URL(fileURLWithPath: path))
            }
        }
    }

    private struct Input {
        let what: String
        let bytes: [UInt8]
        var codes = damaged
        /// The serials that a load may return when the log can be read.
        var loads: Set<Int> = [7]
        var hasCheckpoint = true
    }

    /// Returns damaged variants of the bytes in a range.
    private static func damages(
        _ good: [UInt8], in range: Range<Int>, _ bench: Bench, _ random: inout SplitMix64
    ) -> [Input] {
        var inputs: [Input] = []
        for length in stride(from: range.lowerBound + 1, to: range.upperBound - 1, by: bench.isShort ? 23 : 1) {
            inputs.append(Input(what: "cut off after \(length)", bytes: Array(good[..<length])))
        }
        for _ in 0..<(bench.isShort ? 150 : 3000) {
            let place = Int.random(in: range, using: &random)
            var bytes = good
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            inputs.append(Input(what: "bit flipped in byte \(place)", bytes: bytes))
        }
        for _ in 0..<(bench.isShort ? 20 : 300) {
            let place = Int.random(in: range, using: &random)
            let length = Int.random(in: 1...64, using: &random)
            var bytes = good
            for index in place..<min(place + length, range.upperBound) { bytes[index] = 0 }
            if bytes != good { inputs.append(Input(what: "zeros at \(place)", bytes: bytes)) }
            let noise = (0..<length * 8).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            inputs.append(Input(what: "\(noise.count) random bytes", bytes: good[..<range.lowerBound] + noise + [10]))
        }
        for depth in [600, 100_000] {
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            inputs.append(
                Input(
                    what: "nested \(depth) deep",
                    bytes: good[..<range.lowerBound] + Array("{\"checksum\":\(nested)}\n".utf8)))
        }
        return inputs
    }

    private static func checkpoints(_ good: [UInt8], _ bench: Bench, _ random: inout SplitMix64) -> [Input] {
        var inputs = damages(good, in: 0..<good.count - 1, bench, &random)
        for word in ["", "null", "17", "\"state\"", "[1]", "{}", "{\"serial\": 1e999999}", "\0", "{\"Flying\": {}}"] {
            inputs.append(Input(what: "the checkpoint \(word)", bytes: Array(word.utf8)))
        }
        let text = String(decoding: good, as: UTF8.self)
        for (old, new, code) in [
            ("\"serial\" : 7", "\"serial\" : 8", RepositoryError.Code.corruptedStateFile),
            ("\"my-env\"", "\"another\"", .checksumMismatch),
            ("\"lineage\" : \"", "\"lineage\" : \"0", .checksumMismatch),
        ] {
            let edited = Array(text.replacingOccurrences(of: old, with: new).utf8)
            inputs.append(
                Input(what: "\(old) is \(new)", bytes: LogLine(edited: edited)?.pretty ?? edited, codes: [code]))
        }
        return inputs
    }

    private static func logs(_ good: [UInt8], _ bench: Bench, _ random: inout SplitMix64) -> [Input] {
        let lines = String(decoding: good, as: UTF8.self).split(separator: "\n").prefix(7)
        let start = lines.dropLast().reduce(0) { $0 + $1.utf8.count + 1 }
        let newest = String(lines.last ?? "")
        // A truncated line counts as not acknowledged, so that the checkpoint is newer.
        var inputs = damages(good, in: start..<start + newest.utf8.count + 1, bench, &random)
        for index in inputs.indices { inputs[index].loads = [6] }
        func replaced(_ what: String, _ text: String, _ code: RepositoryError.Code) {
            inputs.append(
                Input(what: what, bytes: good[..<start] + Array(text.utf8) + [10], codes: [code], hasCheckpoint: false))
        }
        inputs.append(Input(what: "an empty log", bytes: []))
        inputs.append(Input(what: "a log of padding", bytes: Array(repeating: 32, count: 30_000)))
        inputs.append(Input(what: "a foreign line behind it", bytes: good + Array("{\"serial\":8}\n".utf8)))
        // With a matching checksum, errors inside the line must be detected by themselves.
        for (what, old, new, code) in [
            ("serial 0", "\"serial\":7,", "\"serial\":0,", RepositoryError.Code.checksumMismatch),
            ("the largest serial", "\"serial\":7,", "\"serial\":9223372036854775807,", .checksumMismatch),
            ("a serial with a fraction", "\"serial\":7,", "\"serial\":7.5,", .checksumMismatch),
            ("an unknown state", "\"Created\"", "\"Flying\"", .corruptedStateFile),
            ("a wrong time", "\"at\":\"2", "\"at\":\"x", .corruptedStateFile),
            ("a newer schema", "\"schema_version\":2", "\"schema_version\":99", .schemaTooNew),
            ("an unknown member", "\"name\":", "\"zebra\":1,\"name\":", .corruptedStateFile),
            ("another environment", "\"name\":\"my-env\"", "\"name\":\"another\"", .wrongEnvironment),
        ] {
            replaced(what, resealed(newest.replacingOccurrences(of: old, with: new)), code)
        }
        return inputs
    }

    /// Returns the line with the checksum of its present content.
    private static func resealed(_ line: String) -> String {
        let rest = Array(line.utf8)[30...]
        return "{\"checksum\":\"\(Checksum(of: rest))\"," + String(decoding: rest, as: UTF8.self)
    }

    private static func attack(_ files: Case, _ input: Input, _ findings: inout Findings) async throws {
        do {
            let stored = try await files.repository.load(files.name)
            if !input.loads.contains(stored?.serial ?? 0) {
                findings.violation("\(input.what): loads as serial \(stored?.serial ?? 0)")
            }
        } catch {
            if !input.codes.contains(error.code) { findings.violation("\(input.what): \(error)") }
        }
        try await mustBeRefused(input.what, input.codes, files, &findings)
    }

    /// Saves, which must throw one of these errors and leave the files unchanged.
    ///
    /// - Parameter meanwhile: A change by another process while the lease is held.
    private static func mustBeRefused(
        _ what: String, _ codes: Set<RepositoryError.Code>, _ files: Case, _ findings: inout Findings,
        meanwhile: () throws -> Void = {}
    ) async throws {
        var before = Good(files)
        do {
            let serial = try await files.save {
                try meanwhile()
                before = Good(files)
            }
            findings.violation("\(what): a save went through as serial \(serial)")
        } catch let error as RepositoryError {
            findings.count(error.code.rawValue)
            if !codes.contains(error.code) { findings.violation("\(what): \(error)") }
        }
        // The lease may write a missing checkpoint.
        if !before.state.isEmpty, bytes(files.state) != before.state {
            findings.violation("\(what): the checkpoint was changed")
        }
        let log = bytes(files.history)
        // A truncated line is blanked, and the newest complete one remains.
        if log.filter({ $0 > 32 }).count > before.log.filter({ $0 > 32 }).count {
            findings.violation("\(what): the log was changed")
        }
    }

    private static func otherKinds(_ files: Case, _ good: Good, _ findings: inout Findings) async throws {
        let manager = FileManager.default
        for path in [files.state, files.history] {
            let kinds: [(String, () throws -> Void)] = [
                ("a folder", { try manager.createDirectory(atPath: path, withIntermediateDirectories: false) }),
                ("a link", { try manager.createSymbolicLink(atPath: path, withDestinationPath: "/dev/null") }),
                ("a pipe", { guard unsafe mkfifo(path, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) } }),
            ]
            for (what, make) in kinds {
                try good.restore(files)
                try manager.removeItem(atPath: path)
                try make()
                try await mustBeRefused("\(lastComponent(of: path)) is \(what)", [.notRegularFile], files, &findings)
            }
        }
        try good.restore(files)
    }

    /// Changes the log or removes the lock while a lease is held.
    private static func interfere(_ files: Case, _ good: Good, _ findings: inout Findings) async throws {
        let lock = files.root + "/state.json.lock"
        for (what, code, change) in [
            (
                "log changed under a lease", RepositoryError.Code.conflict,
                { try Data(good.log.dropLast(20)).write(to: URL(fileURLWithPath: files.history)) }
            ),
            ("lock file removed under a lease", .lockLost, { try FileManager.default.removeItem(atPath: lock) }),
            (
                "lock file replaced under a lease", .lockLost,
                {
                    try FileManager.default.removeItem(atPath: lock)
                    try Data().write(to: URL(fileURLWithPath: lock))
                }
            ),
        ] as [(String, RepositoryError.Code, () throws -> Void)] {
            try good.restore(files)
            try await mustBeRefused(what, [code], files, &findings, meanwhile: change)
        }
        try good.restore(files)
        // The log is the stored state, so that an edited checkpoint does not prevent a save, and is not overwritten.
        _ = try await files.save { try Data([0x7B]).write(to: URL(fileURLWithPath: files.state)) }
        findings.count("edits under a lease")
        if bytes(files.state) != [0x7B] { findings.violation("an edit under a lease was overwritten") }
        try good.restore(files)
    }

    /// Recovers the state that the error names, whatever is damaged.
    private static func recover(_ files: Case, _ good: Good, _ findings: inout Findings) async throws {
        for (what, log, state) in [
            ("no log", nil, good.state), ("an empty log", [], good.state), ("an edited checkpoint", good.log, [0x7B]),
            ("a damaged newest line", good.log.map { $0 == 0x37 ? 0x38 : $0 }, good.state),
        ] as [(String, [UInt8]?, [UInt8])] {
            try good.restore(files)
            try Data(state).write(to: URL(fileURLWithPath: files.state))
            try FileManager.default.removeItem(atPath: files.history)
            if let log { try Data(log).write(to: URL(fileURLWithPath: files.history)) }
            do {
                guard let path = try await files.repository.standing(of: files.name).error?.backup else {
                    findings.violation("\(what): nothing is named that could be recovered")
                    continue
                }
                let recovered = try await files.repository.recover(path, for: files.name)
                findings.count("recovered")
                if recovered.serial < 7 { findings.violation("\(what): recovered as serial \(recovered.serial)") }
                let next = try await files.save()
                if next != recovered.serial + 1 { findings.violation("\(what): the next save got serial \(next)") }
            } catch {
                findings.violation("\(what) cannot be recovered: \(error)")
            }
        }
    }

    /// Checks that a line that a crash truncated is blanked, and that the next save follows the newest complete line.
    private static func torn(_ files: Case, _ good: Good, _ bench: Bench, _ findings: inout Findings) async throws {
        let lines = String(decoding: good.log, as: UTF8.self).split(separator: "\n").prefix(7)
        let start = lines.dropLast().reduce(0) { $0 + $1.utf8.count + 1 }
        for length in stride(from: 1, to: lines.last?.utf8.count ?? 0, by: bench.isShort ? 97 : 7) {
            try good.restore(files)
            try FileManager.default.removeItem(atPath: files.state)
            let text = good.log[..<(start + length)] + Array(repeating: 32, count: 3000)
            try Data(text).write(to: URL(fileURLWithPath: files.history))
            try? FileManager.default.removeItem(atPath: files.history + ".1")
            let next = try await files.save()
            findings.count("torn lines")
            if next != 7 { findings.violation("cut off after \(length): the next save got serial \(next)") }
            findings.violations(await files.faults(), in: "cut off after \(length)")
        }
        try good.restore(files)
    }

    /// Checks that damage of other files never prevents a save.
    private static func otherFiles(_ files: Case, _ findings: inout Findings) async throws {
        for name in ["state.json.lock", "records", "history.jsonl.1"] {
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
}
