import OperatingSystem

/// The folder of a program's state: where its variable says, else where the platform keeps such things.
///
/// An empty variable counts as not set, and a relative path in `XDG_STATE_HOME` or `HOME` does too, as the XDG Base
/// Directory Specification says.
enum StateFolder {
    static func path(of program: String, override: String) -> String? {
        if let folder = ThisProcess.variable(override), !folder.isEmpty { return folder }
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
