import Foundation
import Testing

/// A terminal with a shell in it, in which a test types and reads as a person does (tmux).
final class Terminal: Sendable {
    private let sandbox: Sandbox
    private let socket: String

    init(_ sandbox: Sandbox, columns: Int = 80, rows: Int = 60, variables: String = "TERM=screen") async throws {
        self.sandbox = sandbox
        socket = "envctl-\(UUID().uuidString.prefix(8))"
        let folder = URL(filePath: Sandbox.program).deletingLastPathComponent().path()
        try await sandbox.shell(
            "\(Sandbox.detached) tmux -L \(socket) -f /dev/null new-session -d -x \(columns) -y \(rows) "
                + "\"env PS1='$ ' PATH='\(folder):$PATH' \(variables) sh\"")
    }

    /// Types a line, an answer when the screen shows the question, and waits until the shell has finished the line.
    ///
    /// - Parameter answer: What to type, and the question to wait for; `nil` when nothing is asked.
    /// - Returns: The text on the screen then, with wrapped lines joined again.
    @discardableResult
    func type(_ line: String, answering answer: (text: String, question: String)? = nil) async throws -> String {
        func send(_ text: String) -> String {
            "tmux -L \(socket) send-keys -l '\(text.replacing("'", with: "'\\''"))'"
        }
        let enter = "tmux -L \(socket) send-keys Enter"
        var keys = [send(line), send("; tmux -L \(socket) wait-for -S through"), enter]
        if let answer {
            keys += [
                "until tmux -L \(socket) capture-pane -p -J | grep -qF '\(answer.question)'; do sleep 0.05; done",
                send(answer.text), enter,
            ]
        }
        keys += [
            "timeout 100 tmux -L \(socket) wait-for through", "sleep 0.2", "tmux -L \(socket) capture-pane -p -J",
            send("clear"), enter, "sleep 0.2",
        ]
        return try await sandbox.shell(keys.joined(separator: "\n"))
    }

    /// Types the command that the screen says comes next.
    @discardableResult
    func typeNext(
        after screen: String, _ start: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let next = try #require(
            Self.next(screen, start), "no next command on\n\(screen)", sourceLocation: sourceLocation)
        return try await type(next)
    }

    /// The newest command line on the screen that is shown as the next and begins like this.
    static func next(_ screen: String, _ start: String) -> String? {
        screen.matches(of: /(?:next: |next {7}|Next: |to stop {4})(.+)/).map { String($0.1) }
            .last { $0.hasPrefix(start) }
    }

    func close() async throws { try await sandbox.shell("tmux -L \(socket) kill-server") }
}
