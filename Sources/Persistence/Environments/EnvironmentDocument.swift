public import DocumentStore
public import EnvironmentDomain

/// The form of a stored environment, the same in every repository: the members of a log's line.
package enum EnvironmentDocument {
    static let format = LineFormat<AnyEnvironmentState>(documentKey: "environment") { environment in
        .transition(from: nil, to: environment.state)
    }

    /// Whether a line is kept longer than the steps between: the last state of a command.
    package static func isLasting(_ line: LogLine) -> Bool {
        guard case .transition(_, let to)? = try? format.historyLine(line.bytes).event.change else { return false }
        switch to {
        case .provisioning, .configuring, .releasing: return false
        default: return true
        }
    }
}

extension LogLine {
    /// The environment that a line holds.
    ///
    /// - Throws: `RepositoryError` when it is none, or of a newer program.
    public func environment() throws(RepositoryError) -> StoredEnvironment {
        do {
            return try EnvironmentDocument.format.read(self)
        } catch {
            throw RepositoryError(error.code, "A line of serial \(serial) \(error).", cause: error)
        }
    }
}
