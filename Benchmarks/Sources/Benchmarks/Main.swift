import EnvironmentDomain
import Foundation

/// The program `benchmarks`, for which `Benchmarks/run` supplies the folders and files.
///
///     benchmarks [--quick] [--rounds COUNT] [--only PART,…] --output FOLDER --disk FOLDER [--memory FOLDER]
///         [--ext4 FOLDER] [--xfs FOLDER] --program FILE [--static FILE] --measure FILE
@main
enum Benchmarks {
    static func main() async throws {
        let words = CommandLine.arguments
        try await EnvironmentLog.withHandler({ _ in }) {
            switch words.dropFirst().first {
            case "--hand-over": try await Processes.work(words.dropFirst(2))
            case "--list": try await Reads.list(words[2], count: Int(words[3]) ?? 0)
            case "--examine": try await Reads.examine(words[2], words[3])
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
        let rounds = value("--rounds").flatMap { Int($0) } ?? (isQuick ? 50 : 400)
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
            for (medium, option) in [("tmpfs", "--memory"), ("ext4", "--ext4"), ("xfs", "--xfs")] {
                guard let folder = value(option) else {
                    report.skipped.append("Saves on \(medium): there is no such file system to write to.")
                    continue
                }
                let results = try await Saves(folder: folder + "/saves", medium: medium, rounds: rounds).run(&report)
                if medium == "tmpfs" { inMemory = results }
            }
        }
        if measures("load") { try await reads.load(&report) }
        if measures("lease") { try await reads.lease(&report) }
        if measures("list") {
            try await reads.list(&report, count: isQuick ? 1000 : 10000, measure: value("--measure") ?? "")
        }
        if measures("doctor") {
            try await reads.doctor(&report, megabytes: isQuick ? 24 : 104, measure: value("--measure") ?? "")
        }
        if measures("hand-over") { try await processes.handOver(&report) }
        if measures("start") {
            try await processes.start(
                &report, program: value("--program") ?? "", staticProgram: value("--static"),
                measure: value("--measure") ?? "")
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
        print(report.goalTable)
        print(report.table)
    }
}
