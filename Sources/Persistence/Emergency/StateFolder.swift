import OperatingSystem

/// The folder in which the system keeps what programs must know again.
public enum StateFolder: Sendable {
    /// The absolute path of a program's folder: `$XDG_STATE_HOME/PROGRAM`, else `~/.local/state/PROGRAM`; on macOS
    /// `~/Library/Application Support/PROGRAM`.
    ///
    /// - Parameters:
    ///   - program: the name of the program.
    ///   - override: an environment variable whose value, when it has one, is the folder itself.
    /// - Returns: `nil` where neither a variable nor a home says where that is.
    public static func path(of program: String, override: String? = nil) -> String? {
        if let folder = override.flatMap(ThisProcess.variable), !folder.isEmpty { return absolutePath(folder) }
        #if !canImport(Darwin)
            if let state = ThisProcess.variable("XDG_STATE_HOME"), state.hasPrefix("/") { return "\(state)/\(program)" }
        #endif
        guard let home = ThisProcess.variable("HOME"), home.hasPrefix("/") else { return nil }
        #if canImport(Darwin)
            return "\(home)/Library/Application Support/\(program)"
        #else
            return "\(home)/.local/state/\(program)"
        #endif
    }
}
