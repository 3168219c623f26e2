import EnvironmentDomain

/// The state that a daemon must restore after a restart.
struct DaemonState: Codable, Hashable, Sendable {
    var version = Version()
    var daemonState = Activity.stopped
    var currentSession: Session?
    var stats = Stats()

    enum Activity: String, Codable { case monitoring, paused, stopped }

    struct Session: Codable, Hashable {
        var path: String
        var stepsCompleted: [Step] = []
        var lastStep: Step?
        var totalSteps: Int

        enum CodingKeys: String, CodingKey {
            case path
            case stepsCompleted = "steps_completed"
            case lastStep = "last_step"
            case totalSteps = "total_steps"
        }
    }

    /// A step's name, which may be a number in a file that another program wrote.
    struct Step: Codable, Hashable {
        var name: String

        init(_ name: String) { self.name = name }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            name = try (try? container.decode(Int.self)).map(String.init) ?? container.decode(String.self)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(name)
        }
    }

    struct Stats: Codable, Hashable {
        var savesCount = 0
        var totalResumes = 0
        var lastResume: Timestamp?

        enum CodingKeys: String, CodingKey {
            case savesCount = "saves_count"
            case totalResumes = "total_resumes"
            case lastResume = "last_resume"
        }
    }

    /// The number 1; decoding throws for any other number.
    struct Version: Codable, Hashable {
        init() {}

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let number = try container.decode(Int.self)
            guard number == 1 else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "version \(number), and 1 is known")
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(1)
        }
    }

    enum CodingKeys: String, CodingKey {
        case version
        case daemonState = "daemon_state"
        case currentSession = "current_session"
        case stats
    }
}

extension DaemonState {
    mutating func startSession(_ path: String, steps: Int) throws(Refusal) {
        guard daemonState == .stopped else { throw Refusal("a session is there already: stop it first") }
        daemonState = .monitoring
        currentSession = Session(path: path, totalSteps: steps)
    }

    mutating func completeStep(_ step: Step) throws(Refusal) {
        guard daemonState == .monitoring, var session = currentSession else {
            throw Refusal("the daemon is \(daemonState.rawValue): it monitors no session")
        }
        guard session.stepsCompleted.count < session.totalSteps else {
            throw Refusal("all \(session.totalSteps) steps are completed")
        }
        session.stepsCompleted.append(step)
        session.lastStep = step
        currentSession = session
    }

    mutating func pause() throws(Refusal) {
        guard daemonState == .monitoring else { throw Refusal("the daemon is \(daemonState.rawValue)") }
        daemonState = .paused
    }

    mutating func resume(at time: Timestamp) throws(Refusal) {
        guard daemonState == .paused else { throw Refusal("the daemon is \(daemonState.rawValue)") }
        daemonState = .monitoring
        stats.totalResumes += 1
        stats.lastResume = time
    }

    mutating func stop() {
        daemonState = .stopped
        currentSession = nil
    }
}

/// An error for a request that the daemon rejects.
struct Refusal: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
