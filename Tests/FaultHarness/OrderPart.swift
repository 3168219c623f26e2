/// Tests of the order of a save's system calls.
///
/// A crash does not reveal a wrong order, because a later fsync may hide a missing one.
enum OrderPart: Part {
    static let name = "order"

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        var temporaries: Set<String> = []
        for (scenario, saves) in [(Scenario.first, 1), (.eighth, 1), (.lease, 7)] {
            try await bench.withCase { files in
                let order = Order(try await Stage(scenario, in: files).calls, saves: saves)
                findings.violations(order.faults(isFirst: scenario.name == Scenario.first.name), in: scenario.name)
                findings.count("rules", order.checked)
                for name in order.temporaries where !temporaries.insert(name).inserted {
                    findings.violation("\(scenario.name): a temporary name was used twice: \(name)")
                }
            }
        }
    }
}

/// The calls of one traced program.
private struct Order {
    private typealias Step = (what: String, call: String, condition: (String) -> Bool)

    private let calls: [Call]
    private let saves: Int
    private let root = "/data/my-env"
    private var log: String { root + "/history.jsonl" }
    private var checkpoint: String { root + "/state.json" }

    init(_ calls: [Call], saves: Int) {
        self.calls = calls
        self.saves = saves
    }

    /// The files that are first created under a temporary name.
    var temporaries: [String] {
        // Other files, such as the lock, are also created exclusively.
        calls.filter { $0.name == "openat" && $0.subject.hasSuffix("[excl ]") }.map { String($0.subject.dropLast(8)) }
            .filter { $0.split(separator: "/").last?.hasPrefix(".") == true }
    }

    var checked: Int { 3 * saves + 5 * temporaries.count + 9 }

    /// Returns the first call of a kind after `position`.
    private func find(_ name: String, after position: Int, _ condition: (String) -> Bool) -> Int? {
        calls.first { $0.number > position && $0.name == name && condition($0.subject) }?.number
    }

    /// Checks that the calls are in this order, and returns the position of the last one.
    private func follow(_ steps: [Step], after start: Int, _ faults: inout [String]) -> Int {
        var end = start
        for step in steps {
            guard let position = find(step.call, after: end, step.condition) else {
                faults.append("\(step.what) is missing, or not in its place")
                continue
            }
            end = position
        }
        return end
    }

    func faults(isFirst: Bool) -> [String] {
        var faults: [String] = []
        let lock = find("flock", after: 0) { $0 == checkpoint + ".lock" } ?? 0
        let unlock = calls.last { $0.name == "flock" }?.number ?? 0
        if lock == 0 || lock == unlock { faults.append("the lock was not taken and released") }
        var durable: [Int] = []
        var end = lock
        for number in 1...saves {
            if isFirst && number == 1 {
                end = follow(beginning(after: end), after: end, &faults)
            } else {
                let steps: [Step] = [
                    ("write the line", "pwrite64", { $0 == log }), ("sync it", "fdatasync", { $0 == log }),
                ]
                end = follow(steps, after: end, &faults)
            }
            durable.append(end)
            end = follow([("acknowledge", "write", { $0 == "/output" })], after: end, &faults)
        }
        checkCheckpoints(durable, lock: lock, unlock: unlock, &faults)
        checkForbidden(unlock: unlock, &faults)
        if isFirst { checkFolders(&faults) }
        return faults
    }

    /// Returns the steps that create a new log.
    private func beginning(after start: Int) -> [Step] {
        let name = temporaries.first { $0.hasPrefix("\(root)/.history.jsonl.") } ?? "?"
        return [
            ("make the new log", "openat", { $0.hasPrefix(name) }), ("write it", "pwrite64", { $0 == name }),
            ("sync it", "fsync", { $0 == name }), ("rename it", "renameat", { $0 == "\(name) -> \(log)" }),
            ("sync the folder", "fsync", { $0 == root }),
        ]
    }

    /// Checks that a checkpoint is complete on the disk before it gets its name, and is never older than the line that
    /// it copies.
    private func checkCheckpoints(_ durable: [Int], lock: Int, unlock: Int, _ faults: inout [String]) {
        let names = temporaries.filter { $0.hasPrefix("\(root)/.state.json.") }
        if names.isEmpty { faults.append("no checkpoint was written") }
        var renamed = 0
        for (number, name) in names.enumerated() {
            let steps: [Step] = [
                ("make the checkpoint", "openat", { $0.hasPrefix(name) }), ("write it", "write", { $0 == name }),
                ("sync it", "fsync", { $0 == name }), ("close it", "close", { $0 == name }),
                ("rename it", "renameat", { $0 == "\(name) -> \(checkpoint)" }),
            ]
            let begun = find("openat", after: lock) { $0.hasPrefix(name) } ?? 0
            if number < durable.count, begun < durable[number] {
                faults.append("checkpoint \(number + 1) was begun before its line was durable")
            }
            renamed = follow(steps, after: lock, &faults)
        }
        if let last = durable.last, renamed < last || renamed > unlock {
            faults.append("the checkpoint was not written between the last save and the release")
        }
    }

    private func checkForbidden(unlock: Int, _ faults: inout [String]) {
        for call in calls {
            if ["write", "pwrite64", "ftruncate"].contains(call.name) && call.subject == checkpoint {
                faults.append("\(call.name) in the checkpoint itself")
            }
            if call.name == "ftruncate" && call.subject == log { faults.append("the log was cut") }
            if call.name == "openat" && call.subject.contains("trunc") { faults.append("truncates \(call.subject)") }
            if call.name == "unlinkat" && call.subject.hasSuffix(".lock") { faults.append("the lock file was removed") }
            let changes = ["write", "pwrite64", "renameat", "linkat", "fsync", "fdatasync", "unlinkat"]
            if call.number > unlock, changes.contains(call.name), call.subject.hasPrefix(root) {
                faults.append("\(call.name) \(call.subject) after the lock was released")
            }
        }
    }

    private func checkFolders(_ faults: inout [String]) {
        for folder in ["/data", root] {
            let made = find("mkdirat", after: 0) { $0 == folder }
            let parent = String(folder.dropLast(folder.split(separator: "/").last.map { $0.count + 1 } ?? 0))
            if find("fsync", after: made ?? .max, { $0 == parent }) == nil {
                faults.append("\(folder) was made and not synced in the folder above it")
            }
        }
    }
}
