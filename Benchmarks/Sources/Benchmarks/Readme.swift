import Foundation

extension Report {
    /// Puts the figures that most readers want between two marks of a page.
    func put(into page: URL, _ machine: Machine, rounds: Int) throws {
        let text = try String(contentsOf: page, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- measured by Benchmarks/run -->\n")
        let rest = parts.last?.components(separatedBy: "<!-- measured until here -->\n") ?? []
        guard parts.count == 2, rest.count == 2 else {
            throw PeerError(description: "\(page.path()) does not say where the figures go")
        }
        try
            (parts[0] + "<!-- measured by Benchmarks/run -->\n" + digest(machine, rounds: rounds)
            + "<!-- measured until here -->\n" + rest[1]).write(to: page, atomically: true, encoding: .utf8)
    }

    private func digest(_ machine: Machine, rounds: Int) -> String {
        var text = """
            Ratios of medians, got by `Benchmarks/run` on \(machine.date): everything in one run, one after the other in an
            order drawn at random for each of \(rounds) rounds, on \(machine.words).

            | | ratio | to |
            |---|--:|---|

            """
        for (what, name, peer, floor) in [
            (
                "a save", Saves.ours, "a C program that makes the same system calls",
                Saves.same
            ),
            ("a save", Saves.ours, "C: write a new file, fsync, rename, fsync the folder", Saves.bare),
            ("a save", Saves.ours, "a PID file, write, fsync, rename, with an fsync of the folder", Saves.pidDurable),
            ("a save", Saves.ours, "SQLite (WAL, synchronous FULL), opened for each", Saves.sqliteReopened),
            (
                "a save", Saves.ours, "Python's filelock with os.replace, with an fsync of the folder",
                Saves.pythonDurable
            ),
            ("a load", Reads.ours, "reading the file", Reads.raw),
        ] {
            guard let first = series(name), let second = series(floor) else { continue }
            text += "| \(what) | \(number(first.median / second.median)) | \(peer) |\n"
        }
        let times = [("a save", Saves.ours), ("a load", Reads.ours), ("`--status`", Processes.status)].compactMap {
            what, name in series(name).map { "\(what) \(duration($0.median))" }
        }
        let met = goals.count { $0.isMet }
        return text + """

            Medians: \(times.joined(separator: ", ")). \(met) of \(goals.count) goals that were set for it are met:
            [Results](Benchmarks/results.md). What was found, and what more the disk could give, is in
            [Benchmarks](Benchmarks/README.md).

            """
    }

    /// The first measure of that name.
    private func series(_ name: String) -> Series? { rows.first { $0.series.name == name }?.series }
}
