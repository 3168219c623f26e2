import OperatingSystem

/// The folder in which the system keeps what programs must know again.
public enum StateFolder: Sendable {
    /// The path of a program's folder: `$XDG_STATE_HOME/PROGRAM`, else `~/.local/state/PROGRAM`; on macOS
    /// `~/Library/Application Support/PROGRAM`.
    ///
    /// An empty variable counts as not set, and a relative path in `XDG_STATE_HOME` or `HOME` does too, as the XDG Base
    /// Directory Specification says.
    ///
    /// - Parameters:
    ///   - program: the name of the program.
    ///   - override: an environment variable whose value, when it has one, is the folder itself, absolute or not.
    /// - Returns: `nil` where neither a variable nor a home says where that is.
    public static func path(of program: String, override: String? = nil) -> String? {
        if let folder = override.flatMap(ThisProcess.variable), !folder.isEmpty { return folder }
        #if canImport(Darwin)
            return ThisProcess.folder(in: "HOME").map { "\($0)/Library/Application Support/\(program)" }
        #else
            let state =
                ThisProcess.folder(in: "XDG_STATE_HOME")
                ?? ThisProcess.folder(in: "HOME").map { "\($0)/.local/state" }
            return state.map { "\($0)/\(program)" }
        #endif
    }
}
