import EnvironmentDomain
import OperatingSystem

/// A question to the person at the terminal.
public enum Question: Sendable {
    /// Whether a person can be asked, because standard input and standard error are terminals.
    public static var canBeAsked: Bool { StandardInput.isTerminal && StandardStream.error.isTerminal }

    /// Writes lines and a question to standard error, and returns the answer.
    ///
    /// - Returns: The answer with one space between its words and none around them; `nil` at the end of the input.
    /// - Throws: `CancellationError` when a signal stops the program in the meantime.
    public static func answer(to question: String, after lines: [String]) async throws -> String? {
        StandardStream.error.write(
            lines.map { $0.withoutControlCharacters + "\n" }.joined() + question.withoutControlCharacters + " ")
        let line = try await StandardInput.line()
        guard !Task.isCancelled else {
            StandardStream.error.write("\n")
            throw CancellationError()
        }
        let words = line?.split(separator: " ") ?? []
        return line.map { _ in words.joined(separator: " ") }
    }
}
