public import EnvironmentDomain

/// A release that an environment had before, with the parameters that it was completed with.
public struct EarlierRelease: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The serial of the state in which the release was complete.
    public let serial: Int
    /// The parameters that the release's steps got.
    public let parameters: [ParameterName: String]

    init(serial: Int, parameters: [ParameterName: String]) {
        self.serial = serial
        self.parameters = parameters
    }

    /// The newest release that was complete in a stored state; `nil` when none was.
    init?(in stored: StoredEnvironment) {
        let environment = stored.document
        if let completed = environment.context.completed[.release] {
            self.init(serial: completed.serial, parameters: completed.parameters)
        } else if Phase.release.isReached(by: environment) {
            // A document of version 1 does not say with what its phases were completed.
            self.init(serial: stored.serial, parameters: environment.context.parameters)
        } else {
            return nil
        }
    }

    /// For example `12 (tag=v2)`.
    public var description: String { "\(serial) (\(parameters.listed))" }
}

extension Rollback {
    /// Why the commands of the rollback run, for the history.
    func reason(_ parameters: [ParameterName: String]) -> String {
        "rollback to release \(EarlierRelease(serial: serial, parameters: parameters))"
    }
}

extension [ParameterName: String] {
    /// The parameters on one line, each value shortened.
    fileprivate var listed: String {
        if isEmpty { return "no parameters" }
        return sorted { $0.key < $1.key }.map { name, value in
            let text = value.withoutControlCharacters
            return "\(name)=" + (text.count > 80 ? "\(text.prefix(80))…" : text)
        }.joined(separator: ", ")
    }
}
