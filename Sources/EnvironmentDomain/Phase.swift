/// A part of an environment's life that has steps: the four on the way forward, and the removal.
public enum Phase: String, CaseIterable, Codable, CodingKeyRepresentable, Hashable, Sendable, CustomStringConvertible {
    case provision, configure, release, run, destroy

    public var description: String { rawValue }

    /// The command that does the phase, as it is named in the history and in logs.
    public var command: CommandName {
        switch self {
        case .provision: .provision
        case .configure: .configure
        case .release: .release
        case .run: .run
        case .destroy: .destroy
        }
    }
}

/// The inputs with which a phase was completed, to be compared with those of a later deployment.
public struct CompletedPhase: Codable, Hashable, Sendable {
    /// The parameters that the phase's steps got.
    public let parameters: [ParameterName: String]
    /// The checksum of the phase's steps; nil where the provider has none.
    public let stepsDigest: Checksum?
    /// The serial of the state in which the phase was complete.
    public let serial: Int
    public let at: Timestamp

    package init(parameters: [ParameterName: String], stepsDigest: Checksum?, serial: Int, at: Timestamp) {
        self.parameters = parameters
        self.stepsDigest = stepsDigest
        self.serial = serial
        self.at = at
    }

    enum CodingKeys: String, CodingKey {
        case parameters, serial, at
        case stepsDigest = "steps_digest"
    }
}
