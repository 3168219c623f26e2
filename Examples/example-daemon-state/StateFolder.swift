import OperatingSystem

/// The folder of a program's state: where its variable says, else where the platform keeps such things.
enum StateFolder {
    static func path(of program: String, override: String) -> String? {
        if let folder = ThisProcess.variable(override), !folder.isEmpty { return absolutePath(folder) }
        #if !canImport(Darwin)
            if let state = ThisProcess.variable("XDG_STATE_HOME"), state.begins(with: "/") {
                return "\(state)/\(program)"
            }
        #endif
        guard let home = ThisProcess.variable("HOME"), home.begins(with: "/") else { return nil }
        #if canImport(Darwin)
            return "\(home)/Library/Application Support/\(program)"
        #else
            return "\(home)/.local/state/\(program)"
        #endif
    }
}
