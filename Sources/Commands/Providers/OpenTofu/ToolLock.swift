import OperatingSystem

/// A lock on the tool's state that another run of the tool holds, or left in a backend that does not end it by itself.
struct ToolLock: Hashable, Sendable {
    let id: String
    /// Who took it, with which operation and when, as far as the backend says; empty where it does not.
    let holder: String

    /// Reads what the tool says of a lock that it could not take; `nil` for anything else.
    init?(_ diagnostic: Diagnostic) {
        guard diagnostic.summary.contains("state lock"), let detail = diagnostic.detail else { return nil }
        var values: [Substring: String] = [:]
        for line in detail.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = line[..<colon].drop(while: \.isWhitespace)
            let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
            if values[key] == nil { values[key] = String(value) }
        }
        // The backend `http` shows what it asked for itself, and the lock that is there by its number only (Terraform 1.11.4).
        if let match = detail.firstMatch(of: #/already locked: ID=(\S+)/#), values["ID"] != String(match.output.1) {
            id = String(match.output.1)
            holder = ""
            return
        }
        guard let id = values["ID"], !id.isEmpty else { return nil }
        self.id = id
        let parts = [("by", values["Who"]), ("for", values["Operation"]), ("since", values["Created"])]
        holder = parts.compactMap { word, value in value.flatMap { $0.isEmpty ? nil : "\(word) \($0)" } }
            .joined(separator: " ")
    }

    /// What to do about the lock, with the command line that ends it.
    func advice(_ tool: Tool) -> String {
        let command =
            "cd \(tool.build.infrastructure.quotedForShell) && \(tool.program.path.quotedForShell) force-unlock "
            + "-force \(id.quotedForShell)"
        return
            "the state is locked\(holder.isEmpty ? "" : " \(holder)") (lock \(id)); wait until that run ends, or, when it does not run any more, end its "
            + "lock with: \(command)"
    }
}
