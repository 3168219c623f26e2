/// The order of the system calls of a save, which a crash alone does not show: a later fsync may hide a missing one.
enum OrderPart: Part {
    static let name = "order"

    static func run(_ bench: Bench, _ findings: inout Findings) async throws {
        var temporaries: Set<String> = []
        for scenario in [Scenario.first, .eighth, .lease] {
            try await bench.withCase { files in
                let order = Order(try await Stage(scenario, in: files).calls)
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
    private let calls: [Call]
    let temporaries: [String]
    let checked: Int

    init(_ calls: [Call]) {
        self.calls = calls
        // Other files, such as the lock, are made so that they were certainly not there too.
        temporaries = calls.filter { $0.name == "openat" && $0.subject.hasSuffix("[excl ]") }
            .map { String($0.subject.dropLast(8)) }
            .filter { $0.split(separator: "/").last?.hasPrefix(".") == true }
        checked = 9 * max(1, temporaries.count) + 6
    }

    /// The first call of that kind behind `position`.
    private func find(_ name: String, after position: Int, _ condition: (String) -> Bool) -> Int? {
        calls.first { $0.number > position && $0.name == name && condition($0.subject) }?.number
    }

    func faults(isFirst: Bool) -> [String] {
        var faults: [String] = []
        let root = "/data/my-env"
        let lock = find("flock", after: 0) { $0 == root + "/state.json.lock" }
        let unlock = calls.last { $0.name == "flock" }?.number
        if lock == nil || lock == unlock { faults.append("the lock was not taken and given back") }
        if temporaries.isEmpty { faults.append("no file was made for the new state") }
        var end = lock ?? 0
        for temporary in temporaries {
            let steps: [(what: String, call: String, condition: (String) -> Bool)] = [
                ("make the temporary file", "openat", { $0.hasPrefix(temporary) }),
                ("write it", "write", { $0 == temporary }),
                ("sync it", "fsync", { $0 == temporary }),
                ("close it", "close", { $0 == temporary }),
                ("rename it", "renameat", { $0 == "\(temporary) -> \(root)/state.json" }),
                ("sync the folder", "fsync", { $0 == root }),
                ("write the history", "write", { $0 == root + "/history.jsonl" }),
                ("acknowledge", "write", { $0 == "/output" }),
            ]
            let start = end
            for step in steps {
                guard let position = find(step.call, after: end, step.condition) else {
                    faults.append("\(step.what) is missing, or not in its place")
                    continue
                }
                end = position
            }
            if !isFirst {
                let linked = find("linkat", after: start) { $0.contains("/backups/state.") }
                let synced = find("fsync", after: linked ?? end) { $0 == root + "/backups" }
                let renamed = find("renameat", after: start) { $0.hasPrefix(temporary) } ?? 0
                if linked == nil || linked ?? 0 > renamed { faults.append("no backup before the rename") }
                if synced == nil || synced ?? 0 > end { faults.append("the backups were not synced before the word") }
            }
        }
        for call in calls {
            if ["write", "pwrite64", "ftruncate"].contains(call.name) && call.subject == root + "/state.json" {
                faults.append("\(call.name) in the state file itself")
            }
            if call.name == "openat" && call.subject.contains("trunc") { faults.append("truncates \(call.subject)") }
            if call.name == "unlinkat" && call.subject.hasSuffix(".lock") { faults.append("the lock file was removed") }
        }
        if let unlock,
            let late = calls.first(where: {
                $0.number > unlock && ["write", "renameat", "linkat", "fsync", "unlinkat"].contains($0.name)
                    && $0.subject.hasPrefix(root)
            })
        {
            faults.append("\(late.name) \(late.subject) after the lock was given back")
        }
        var unsynced = 0
        for call in calls where call.subject == root + "/history.jsonl" {
            if call.name == "write" { unsynced += 1 }
            if call.name == "fsync" { unsynced = 0 }
            if unsynced > 5 { faults.append("\(unsynced) history lines are not synced, more than there are backups") }
        }
        if unsynced > 0 { faults.append("the history was not synced before the end") }
        if isFirst {
            for folder in ["/data", root] {
                let made = find("mkdirat", after: 0) { $0 == folder }
                let parent = String(folder.dropLast(folder.split(separator: "/").last.map { $0.count + 1 } ?? 0))
                if find("fsync", after: made ?? .max, { $0 == parent }) == nil {
                    faults.append("\(folder) was made and not synced in the folder above it")
                }
            }
        }
        return faults
    }
}
