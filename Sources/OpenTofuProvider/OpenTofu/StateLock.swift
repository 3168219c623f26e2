import Commands
import OperatingSystem

/// A lock on the state that another command holds, as a diagnostic of OpenTofu or Terraform describes it.
struct StateLock: Hashable, Sendable {
    let id: String
    /// The holder of the lock as `user@host`; empty when the backend does not know it.
    let who: String
    let operation: String
    let created: String

    /// Parses a diagnostic; `nil` when it is not about a lock.
    init?(_ diagnostic: Diagnostic) {
        guard diagnostic.isError, diagnostic.summary.contains("state lock") else { return nil }
        let lines = (diagnostic.detail ?? "").split(whereSeparator: \.isNewline)
        func member(_ name: String) -> String {
            let line = lines.first { $0.drop(while: \.isWhitespace).hasPrefix("\(name):") }
            return line.map { String($0.drop { $0 != ":" }.dropFirst().drop(while: \.isWhitespace)) } ?? ""
        }
        // The backend `http` names the held lock here, and describes below the lock that it failed to acquire
        // (Terraform 1.11.4).
        let other = diagnostic.detail?.firstMatch(of: /already locked: ID=(\S+)/).map { String($0.output.1) }
        let isDescribed = other == nil || other == member("ID")
        id = other ?? member("ID")
        who = isDescribed ? member("Who") : ""
        operation = isDescribed ? member("Operation") : ""
        created = isDescribed ? member("Created") : ""
        guard !id.isEmpty else { return nil }
    }

    /// Returns a sentence that describes the lock and how to continue.
    ///
    /// - Parameters:
    ///   - command: The command line that removes the lock; `nil` when the system removes it with its holder.
    ///   - host: The name of this host.
    ///   - processes: The processes of OpenTofu and Terraform on this host, with their command lines.
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
    /// Returns a sentence about the lock that made a command fail; `nil` when no lock did.
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
