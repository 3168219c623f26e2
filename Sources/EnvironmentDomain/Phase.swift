/// A part of an environment's life that has steps: one of the four phases on the way forward, or the destroy.
public enum Phase: String, CaseIterable, Codable, CodingKeyRepresentable, Comparable, Hashable, Sendable,
    CustomStringConvertible
{
    case provision, configure, release, run, destroy

    public var description: String { rawValue }

    /// Whether the left phase comes before the right one in an environment's life.
    public static func < (left: Phase, right: Phase) -> Bool { left.position < right.position }

    private var position: Int {
        switch self {
        case .provision: 0
        case .configure: 1
        case .release: 2
        case .run: 3
        case .destroy: 4
        }
    }

    /// The command that runs the phase, as it is named in the history and in logs.
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

/// The inputs that a phase was completed with, to compare with those of a later deployment.
public struct CompletedPhase: Hashable, Sendable {
    /// The parameters that the phase's steps received.
    public let parameters: [ParameterName: String]
    /// The checksum of the phase's steps; `nil` when the provider computes none.
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
}

extension CompletedPhase: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(at, as: "at")
        try members.write(StoredTexts(parameters), as: "parameters")
        try members.write(serial, as: "serial")
        try members.writeIfPresent(stepsDigest, as: "steps_digest")
    }

    public init(stored members: StoredMemberReader) throws {
        at = try members.required("at")
        parameters = try (members.required("parameters") as StoredTexts).named(in: members)
        serial = try members.required("serial")
        stepsDigest = try members.optional("steps_digest")
    }
}

/// The stored form of the completed phases: an object with one member for each phase.
struct StoredPhases: StoredForm {
    let phases: [Phase: CompletedPhase]

    init(_ phases: [Phase: CompletedPhase]) { self.phases = phases }

    func store(in members: StoredMemberWriter) throws {
        for phase in phases.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            try members.writeIfPresent(phases[phase], as: phase.rawValue)
        }
    }

    init(stored members: StoredMemberReader) throws {
        var phases: [Phase: CompletedPhase] = [:]
        for name in members.names {
            guard let phase = Phase(rawValue: name) else {
                throw members.invalid(name, "\(name.quotedAsJSON) is not a phase")
            }
            phases[phase] = try members.required(name) as CompletedPhase
        }
        self.phases = phases
    }
}
