public import EnvironmentDomain

/// An earlier release of an environment, with the parameters of its steps.
public struct EarlierRelease: Codable, Hashable, Sendable, CustomStringConvertible {
    /// The serial of the state in which the release was completed.
    public let serial: Int
    /// The parameters with which the release was completed.
    public let parameters: [ParameterName: String]

    init(serial: Int, parameters: [ParameterName: String]) {
        self.serial = serial
        self.parameters = parameters
    }

    /// Creates the newest release that is complete in a stored state; `nil` when none is.
    init?(in stored: StoredEnvironment) {
        let environment = stored.document
        if let completed = environment.context.completed[.release] {
            self.init(serial: completed.serial, parameters: completed.parameters)
        } else if Phase.release.isReached(by: environment) {
            // Documents of version 1 do not record the inputs of completed phases.
            self.init(serial: stored.serial, parameters: environment.context.parameters)
        } else {
            return nil
        }
    }

    /// The serial and the parameters, for example `12 (tag=v2)`.
    public var description: String { "\(serial) (\(parameters.listed))" }
}

extension Rollback {
    /// Returns the reason that the history records for the commands of the rollback.
    func reason(_ parameters: [ParameterName: String]) -> String {
        "rollback to release \(EarlierRelease(serial: serial, parameters: parameters))"
    }
}

extension [ParameterName: String] {
    /// The parameters on one line, each value cut after 80 characters.
    fileprivate var listed: String {
        if isEmpty { return "no parameters" }
        return sorted { $0.key < $1.key }.map { name, value in
            let text = value.withoutControlCharacters
            return "\(name)=" + (text.count > 80 ? "\(text.prefix(80))…" : text)
        }.joined(separator: ", ")
    }
}
