import Foundation

/// A row of the table.
struct Row {
    let section: String
    let series: Series
    /// The series to compare with; `nil` when the row is a floor itself or has no peer.
    var floor: Series?
}

/// A goal of the project, and the measured value.
struct Goal {
    let text: String
    let value: Double
    let limit: Double
    let unit: String
    var isMet: Bool { value <= limit }
}

extension Goal {
    /// Creates a goal for a ratio of medians.
    init(_ text: String, _ ours: Series, _ peer: Series, _ limit: Double) {
        self.init(text: text, value: ours.median / peer.median, limit: limit, unit: " ×")
    }
}

/// The results of a run.
struct Report {
    var rows: [Row] = []
    var goals: [Goal] = []
    var skipped: [String] = []
    var notes: [String] = []

    mutating func add(_ section: String, _ results: [String: Series], _ order: [(String, floor: String?)]) {
        for (name, floor) in order {
            guard let series = results[name] else { continue }
            rows.append(Row(section: section, series: series, floor: floor.flatMap { results[$0] }))
        }
    }

    var goalTable: String {
        var text = "| Goal | Limit | Measured | |\n|---|--:|--:|---|\n"
        for goal in goals {
            text += "| \(goal.text) | \(number(goal.limit))\(goal.unit) | \(number(goal.value))\(goal.unit) "
            text += "| \(goal.isMet ? "met" : "**missed**") |\n"
        }
        return text
    }

    var table: String {
        var text = ""
        var section = ""
        for row in rows {
            if row.section != section {
                section = row.section
                text += "\n### \(section)\n\n"
                text += "| | Median | p99 | Ratio of medians (95 %) | to |\n|---|--:|--:|--:|---|\n"
            }
            text += "| \(row.series.name) | \(duration(row.series.median)) | \(duration(row.series.p99)) "
            if let floor = row.floor {
                let ratio = row.series.ratio(to: floor)
                text += "| \(number(ratio.value)) (\(number(ratio.low)) to \(number(ratio.high))) | \(floor.name) |\n"
            } else {
                text += "| | |\n"
            }
        }
        return text
    }

    func markdown(_ machine: Machine, rounds: Int, command: String) -> String {
        var text = """
            # Results

            Got by `\(command)` on \(machine.date): \(machine.words).

            Everything was measured in one run, each contestant once a round, in an order drawn at random for each of the
            \(rounds) rounds (of a few slow things there are fewer, of fast ones more). [README.md](README.md) says what each
            row is.

            ![Saves and their peers](results.svg)

            ## Goals

            \(goalTable)
            ## All measures
            \(table)
            """
        if !notes.isEmpty { text += "\n## Notes\n\n" + notes.map { "- \($0)\n" }.joined() }
        if !skipped.isEmpty { text += "\n## Left out\n\n" + skipped.map { "- \($0)\n" }.joined() }
        return text
    }
}

/// Returns a duration in nanoseconds as a text with a suitable unit.
func duration(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1e6: "\(number(nanoseconds / 1e3)) µs"
    case ..<1e9: "\(number(nanoseconds / 1e6)) ms"
    default: "\(number(nanoseconds / 1e9)) s"
    }
}

/// Returns a number with three significant digits.
func number(_ value: Double) -> String {
    switch abs(value) {
    case ..<10: String(format: "%.2f", value)
    case ..<100: String(format: "%.1f", value)
    default: String(format: "%.0f", value)
    }
}

/// A general description of the machine.
struct Machine {
    let date: String
    let words: String

    init(disk: String) {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate]
        date = formatter.string(from: Date())
        let processor =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
            .first { $0.hasPrefix("model name") }?.split(separator: ":").last.map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        let memory = Double(ProcessInfo.processInfo.physicalMemory) / Double(1 << 30)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        words =
            "\(cores) cores\(processor.map { " (\($0))" } ?? ""), \(number(memory)) GiB, \(Self.fileSystem(of: disk)), "
            + "Linux \(Self.release)"
    }

    private static var release: String {
        let text = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
        return text.split(separator: "-").first.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
    }

    private static func fileSystem(of path: String) -> String {
        let mounts = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
        var best = (point: "", kind: "an unknown file system")
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2, words[1].count >= best.point.count else { continue }
            let inside = words[1] == "/" ? "/" : words[1] + "/"
            if (path + "/").hasPrefix(inside) { best = (words[1], words[2] + " on a virtual disk") }
        }
        return best.kind
    }
}
