import Foundation
import Testing

/// A terminal of 80 columns with a shell in it, in which a test types and reads as a person does (tmux).
final class Terminal: Sendable {
    private let sandbox: Sandbox
    private let socket: String

    init(_ sandbox: Sandbox) async throws {
        self.sandbox = sandbox
        socket = "envctl-\(UUID().uuidString.prefix(8))"
        let folder = URL(filePath: Sandbox.program).deletingLastPathComponent().path()
        try await sandbox.shell(
            "\(Sandbox.detached) tmux -L \(socket) -f /dev/null new-session -d -x 80 -y 60 "
                + "\"env PS1='$ ' PATH='\(folder):$PATH' TERM=screen sh\"")
    }

    /// Types a line and waits until the shell has finished it.
    ///
    /// - Returns: The text on the screen then, with wrapped lines joined again.
    @discardableResult
    func type(_ line: String) async throws -> String {
        try await sandbox.shell(
            """
            tmux -L \(socket) send-keys -l '\(line.replacing("'", with: "'\\''"))'
            tmux -L \(socket) send-keys -l '; tmux -L \(socket) wait-for -S through'
            tmux -L \(socket) send-keys Enter
            timeout 100 tmux -L \(socket) wait-for through
            sleep 0.2
            tmux -L \(socket) capture-pane -p -J
            tmux -L \(socket) send-keys -l 'clear'
            tmux -L \(socket) send-keys Enter
            sleep 0.2
            """)
    }

    /// Types a line, and an answer when the screen shows the question.
    ///
    /// - Returns: The text on the screen when the shell has finished the line.
    @discardableResult
    func type(_ line: String, answering answer: String, when question: String) async throws -> String {
        try await sandbox.shell(
            """
            tmux -L \(socket) send-keys -l '\(line); tmux -L \(socket) wait-for -S through'
            tmux -L \(socket) send-keys Enter
            until tmux -L \(socket) capture-pane -p -J | grep -qF '\(question)'; do sleep 0.05; done
            tmux -L \(socket) send-keys -l '\(answer)'
            tmux -L \(socket) send-keys Enter
            timeout 100 tmux -L \(socket) wait-for through
            sleep 0.2
            tmux -L \(socket) capture-pane -p -J
            tmux -L \(socket) send-keys -l 'clear'
            tmux -L \(socket) send-keys Enter
            sleep 0.2
            """)
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
