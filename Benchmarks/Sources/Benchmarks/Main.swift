import EnvironmentDomain
import Foundation

/// `benchmarks [--quick] [--rounds COUNT] [--only PART,…] --output FOLDER --disk FOLDER [--memory FOLDER]
/// --program FILE --measure FILE [--readme FILE]`; `Benchmarks/run` knows the folders and files.
@main
enum Benchmarks {
    static func main() async throws {
        let words = CommandLine.arguments
        try await EnvironmentLog.withHandler({ _ in }) {
            switch words.dropFirst().first {
            case "--hand-over": try await Processes.work(words.dropFirst(2))
            case "--calls": try await Calls.run(words.dropFirst(2))
            case "--repeat": try await Calls.repeating(words.dropFirst(2))
            default: try await measure(words)
            }
        }
    }

    private static func measure(_ words: [String]) async throws {
        func value(_ option: String) -> String? {
            words.firstIndex(of: option).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        }
        let isQuick = words.contains("--quick")
        let rounds = value("--rounds").flatMap { Int($0) } ?? (isQuick ? 50 : 1000)
        guard let output = value("--output"), let disk = value("--disk") else {
            throw PeerError(description: "--output and --disk are missing; start Benchmarks/run")
        }
        var report = Report()

        let only = value("--only")?.split(separator: ",").map(String.init)
        func measures(_ part: String) -> Bool {
            guard only?.contains(part) ?? true else { return false }
            FileHandle.standardError.write(Data("\(part)\n".utf8))
            return true
        }

        let saves = Saves(folder: disk + "/saves", medium: "the disk", rounds: rounds)
        let reads = Reads(folder: disk + "/reads", rounds: rounds)
        let processes = Processes(folder: disk + "/processes", rounds: rounds)
        var onDisk: [String: Series] = [:]
        var inMemory: [String: Series] = [:]
        if measures("saves") {
            onDisk = try await saves.run(&report)
            saveGoals(onDisk, &report)
            if let memory = value("--memory") {
                inMemory = try await Saves(folder: memory + "/saves", medium: "tmpfs", rounds: rounds).run(&report)
                if let ours = inMemory[Saves.ours], let same = inMemory[Saves.same], let json = inMemory[Saves.json] {
                    report.goals.append(
                        Goal(text: "save on tmpfs ÷ C", value: ours.median / same.median, limit: 2, unit: " ×"))
                    report.notes.append(
                        "A coder that takes no time for the environment would bring a save on tmpfs from "
                            + "\(number(ours.median / same.median)) to "
                            + "\(number((ours.median - json.median) / same.median)) times the same calls in C.")
                }
            } else {
                report.skipped.append("Saves on tmpfs: there is no /dev/shm to write to.")
            }
        }
        if measures("load") { try await reads.load(&report) }
        if measures("lease") { try await reads.lease(&report) }
        if measures("list") { try await reads.list(&report, count: isQuick ? 1000 : 10000) }
        if measures("hand-over") { try await processes.handOver(&report) }
        if measures("start") {
            try await processes.start(&report, program: value("--program") ?? "", measure: value("--measure") ?? "")
        }
        if measures("history") { try await saves.history(&report, lines: isQuick ? 1000 : 10000) }
        if measures("large") { try await saves.large(&report) }
        if measures("variants") { try await saves.variants(&report) }
        if !SQLite.version.isEmpty { report.notes.append("SQLite \(SQLite.version).") }

        let command = "Benchmarks/run" + (isQuick ? " --quick" : "")
        let machine = Machine(disk: disk)
        let text = report.markdown(machine, rounds: rounds, command: command)
        try Data(text.utf8).write(to: URL(filePath: output + "/results.md"))
        let order = [
            Saves.bare, Saves.same, Saves.ours, Saves.whole, Saves.pid, Saves.pidDurable, Saves.sqlite,
            Saves.sqliteReopened, Saves.python, Saves.pythonDurable,
        ]
        let plot = Plot(
            panels: [("On the disk", onDisk), ("On tmpfs", inMemory)].map { title, results in
                (
                    "\(title): median (bar) and p99 (line) of one save", order.compactMap { results[$0] },
                    [Saves.ours, Saves.whole]
                )
            })
        try Data(plot.svg.utf8).write(to: URL(filePath: output + "/results.svg"))
        if let readme = value("--readme") {
            try report.put(into: URL(filePath: readme), machine, rounds: rounds)
        }
        print(report.goalTable)
        print(report.table)
    }

    private static func saveGoals(_ results: [String: Series], _ report: inout Report) {
        guard let ours = results[Saves.ours], let whole = results[Saves.whole], let same = results[Saves.same],
            let bare = results[Saves.bare]
        else { return }
        report.goals += [
            Goal(
                text: "save on the disk ÷ C with the same calls", value: ours.median / same.median, limit: 1.25,
                unit: " ×"),
            Goal(text: "save on the disk ÷ bare four calls", value: ours.median / bare.median, limit: 1.15, unit: " ×"),
        ]
        for peer in [Saves.pid, Saves.pidDurable, Saves.sqliteReopened, Saves.python, Saves.pythonDurable] {
            guard let series = results[peer] else { continue }
            report.goals += [
                Goal(text: "save ÷ \(peer)", value: ours.median / series.median, limit: 1, unit: " ×"),
                Goal(text: "lease, save, release ÷ \(peer)", value: whole.median / series.median, limit: 1, unit: " ×"),
            ]
        }
    }
}
