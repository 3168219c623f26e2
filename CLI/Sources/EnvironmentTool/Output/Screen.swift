import CommandLineProgram
import Synchronization

/// A picture that is shown repeatedly: in place on a terminal, and elsewhere again whenever it changes.
final class Screen: Sendable {
    private let redraws: Bool
    private let last = Mutex<[String]>([])

    init(redraws: Bool) { self.redraws = redraws }

    func show(_ lines: [String]) {
        if redraws {
            // More than there is room for would move the top out of sight.
            let room = (StandardOutput.rows ?? .max) - 1
            let shown = lines.count <= room ? lines : lines.prefix(room - 1) + ["… \(lines.count - room + 1) more"]
            let width = StandardOutput.columns ?? .max
            let clearRest = "\u{1B}[K\n"
            StandardOutput.write(
                "\u{1B}[H" + shown.map { $0.prefix(columns: width) + clearRest }.joined() + "\u{1B}[J")
            return
        }
        let isNew = last.withLock { last in
            defer { last = lines }
            return last != lines
        }
        if isNew { StandardOutput.write(lines + [""]) }
    }
}
