import Commands
import OperatingSystem

/// A lock on the state that a backend refuses to give, as the diagnostic of OpenTofu or Terraform describes it.
struct StateLock: Hashable, Sendable {
    let id: String
    /// `user@host` of the command that holds it; empty when the backend does not know.
    let who: String
    let operation: String
    let created: String

    /// Reads the diagnostic; nil for any other.
    init?(_ diagnostic: Diagnostic) {
        guard diagnostic.isError, diagnostic.summary.contains("state lock") else { return nil }
        let lines = (diagnostic.detail ?? "").split(whereSeparator: \.isNewline)
        func member(_ name: String) -> String {
            let line = lines.first { $0.drop(while: \.isWhitespace).hasPrefix("\(name):") }
            return line.map { String($0.drop { $0 != ":" }.dropFirst().drop(while: \.isWhitespace)) } ?? ""
        }
        // The backend `http` names the lock here, and describes below the one that it failed to take (Terraform 1.11.4).
        let other = diagnostic.detail?.firstMatch(of: /already locked: ID=(\S+)/).map { String($0.output.1) }
        let isDescribed = other == nil || other == member("ID")
        id = other ?? member("ID")
        who = isDescribed ? member("Who") : ""
        operation = isDescribed ? member("Operation") : ""
        created = isDescribed ? member("Created") : ""
        guard !id.isEmpty else { return nil }
    }

    /// What to do about the lock.
    ///
    /// - Parameters:
    ///   - command: the command line that ends it; nil where the system ends it with its holder.
    ///   - processes: the processes of OpenTofu and Terraform that run on this host, with their command lines.
    func sentence(endedBy command: String?, host: String, processes: [(pid: Int32, command: String)]) -> String {
        let holder = [who.isEmpty ? nil : "by \(who)", created.isEmpty ? nil : "since \(created)"].compactMap(\.self)
        let purpose = operation.isEmpty ? "" : ", for \(operation)"
        let lock = (["the state is locked"] + holder).joined(separator: " ") + "\(purpose); the lock's ID is \(id). "
        let process = processes.first.map { "process \($0.pid) of this machine (\($0.command.prefix(100)))" }
        if who.hasSuffix("@\(host)"), let process {
            return lock + "Wait until its holder ends, which may be \(process)"
        }
        guard let command else { return lock + "Another command holds it; wait until it ends" }
        let place = who.split(separator: "@").last.map { " on \($0)" } ?? process.map { ", which may be \($0)" } ?? ""
        return lock
            + "First make sure that the command that holds it no longer runs\(place); then end the lock with: \(command)"
    }
}

extension Tool {
    /// What to do about a lock that kept a command from its work; nil when there was none.
    func adviceOnLock(_ outcome: Outcome) -> String? {
        guard let lock = outcome.report.errors.lazy.compactMap(StateLock.init).first else { return nil }
        let names = [program.name, "terraform", "tofu"]
        let processes = ThisProcess.processes { command in
            names.contains(lastComponent(of: String(command.prefix { $0 != " " })))
        }
        let word = ThisProcess.findProgram(program.name) == program.path ? program.name : program.path
        let command =
            "(cd \(build.infrastructure.quotedForShell) && \(word.quotedForShell) force-unlock -force \(lock.id.quotedForShell))"
        return lock.sentence(
            endedBy: state.isKeptElsewhere ? command : nil, host: ThisProcess.hostName, processes: processes)
    }
}
