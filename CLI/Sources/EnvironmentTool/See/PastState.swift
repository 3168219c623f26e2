import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

/// A state of the past on the command line: the serial of its save, or a time at which it was the newest.
enum PastState: ExpressibleByArgument, Sendable {
    case serial(Int)
    case time(Timestamp)

    init?(argument: String) {
        if let serial = NumberWord.whole(argument), serial > 0 {
            self = .serial(serial)
        } else if let time = try? Moment.past(argument) {
            self = .time(time)
        } else {
            return nil
        }
    }
}

extension Session {
    /// The environment as it was then.
    ///
    /// - Throws: `Failure` with exit code 66 when that state is not kept.
    func state(of name: EnvironmentName, at past: PastState) async throws -> StoredEnvironment {
        guard try await repository.exists(name) else { throw try await notFound(name) }
        let serial: Int?
        switch past {
        case .serial(let given): serial = given
        case .time(let time):
            serial = try await repository.historyLines(of: name)?.last { $0.event.at <= time }?.serial
        }
        if let serial, let stored = try await repository.state(of: name, at: serial) { return stored }
        let kept = try await repository.states(of: name)
        let range =
            switch (kept.first, kept.last) {
            case (let first?, let last?) where first == last: "The only state that is kept has serial \(first)."
            case (let first?, let last?): "States are kept from serial \(first) to serial \(last)."
            default: "No state is kept."
            }
        let what =
            switch past {
            case .serial(let serial): "No state of \(name) with serial \(serial) is kept."
            case .time(let time): "No state of \(name) is kept that was the newest at \(time)."
            }
        throw Failure(.notFound, "no_state", "\(what) \(range)", next: invocation(name).line("history"))
    }
}
