import Commands

/// A script of `sh` for a host whose login shell may be another (csh, fish) and may print something first.
struct RemoteScript: Sendable {
    private let script: String

    /// - Parameter script: the script, without apostrophes, backslashes, exclamation marks and newlines, which other
    ///   shells read in ways of their own between apostrophes.
    init(_ script: String) {
        self.script = script
    }

    /// The command line for the login shell.
    var command: String { "sh -c 'echo; echo \(Self.mark); \(script)'" }

    /// What the script itself printed; `nil` when it was not run.
    func output(in text: String) -> [String]? {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        return lines.lastIndex(of: Self.mark).map { Array(lines[($0 + 1)...]) }
    }

    private static let mark = "typed-environments-output"
}
