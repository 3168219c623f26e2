import Commands

/// A script for `sh` on a host whose login shell may be a different one (csh, fish) and may print something first.
struct RemoteScript: Sendable {
    private let script: String

    /// - Parameter script: The script. It must not contain apostrophes, backslashes, exclamation marks and newlines,
    ///   which other shells interpret differently between apostrophes.
    init(_ script: String) {
        self.script = script
    }

    /// The command line that the login shell runs.
    var command: String { "sh -c 'echo; echo \(Self.mark); \(script)'" }

    /// Returns the lines that the script printed, given the whole output; `nil` when the script did not run.
    func output(in text: String) -> [String]? {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        return lines.lastIndex(of: Self.mark).map { Array(lines[($0 + 1)...]) }
    }

    private static let mark = "typed-environments-output"
}
