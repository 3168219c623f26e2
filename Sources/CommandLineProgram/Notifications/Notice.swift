public import EnvironmentDomain

/// Something that happened to an environment, for those who are told of it.
public struct Notice: Hashable, Sendable, Encodable {
    /// What happened.
    public enum Event: String, CaseIterable, Codable, Hashable, Sendable {
        /// A command failed.
        case failed
        /// A command came to its end.
        case finished
        /// A command was interrupted, and waits for somebody to resume it.
        case waiting
        /// The environment was frozen.
        case frozen
        /// What exists was found to differ from what was made.
        case drift
    }

    /// What is the same each time the same notice is delivered, and no other notice has.
    public let id: String
    public let event: Event
    public let environment: EnvironmentName
    /// The serial of the save that caused it.
    public let serial: Int
    public let at: Timestamp
    public let command: CommandName
    /// The state after the save; `nil` when it is not kept any more.
    public let state: LifecycleState?
    public let step: StepName?
    /// A sentence for people.
    public let message: String

    enum CodingKeys: String, CodingKey {
        case version, id, event, environment, serial, at, command, state, step, message
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(1, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(event, forKey: .event)
        try container.encode(environment, forKey: .environment)
        try container.encode(serial, forKey: .serial)
        try container.encode(at, forKey: .at)
        try container.encode(command, forKey: .command)
        try container.encodeIfPresent(state, forKey: .state)
        try container.encodeIfPresent(step, forKey: .step)
        try container.encode(message, forKey: .message)
    }

    /// The variables that a command gets.
    var variables: [String: String] {
        var variables = [
            "EVENT": event.rawValue, "EVENT_ID": id, "ENVIRONMENT_NAME": environment.text, "MESSAGE": message,
        ]
        variables["STEP_NAME"] = step?.text
        return variables
    }

    /// Describes that what exists differs from what is stored with a serial.
    static func drift(
        _ count: Int, of environment: EnvironmentName, lineage: Lineage?, serial: Int, at moment: Timestamp
    )
        -> Notice
    {
        Notice(
            id: "\(lineage?.text ?? "-")-\(serial)-\(Event.drift.rawValue)", event: .drift, environment: environment,
            serial: serial, at: moment, command: .validate, state: nil, step: nil,
            message: "\(environment): \(count) thing\(count == 1 ? " differs" : "s differ") from what was made")
    }
}

extension Notice {
    /// The notices of one save.
    ///
    /// - Parameters:
    ///   - line: the save's line.
    ///   - stored: the state that was saved; `nil` when it is not kept any more.
    static func notices(
        of line: HistoryLine, in environment: EnvironmentName, lineage: Lineage?, _ stored: AnyEnvironmentState?
    ) -> [Notice] {
        var notices: [Notice] = []
        for event in line.missed + [line.event] {
            guard let (kind, step) = kind(of: event, stored) else { continue }
            let number = notices.count { $0.event == kind }
            let failure = kind == .failed ? stored?.failure : nil
            let message =
                switch kind {
                case .failed:
                    "\(event.command) failed"
                        + (failure.map { " in step \($0.failedStep): \($0.summary.onOneLine)" } ?? "")
                case .finished: "\(event.command) is complete"
                case .waiting:
                    "\(event.command) was interrupted\(step.map { " in step \($0)" } ?? ""), and can be resumed"
                case .frozen: "it was frozen\(event.reason.map { ": \($0.onOneLine)" } ?? "")"
                case .drift: "it differs from what was made"
                }
            notices.append(
                Notice(
                    id: "\(lineage?.text ?? "-")-\(line.serial)-\(kind.rawValue)\(number == 0 ? "" : "-\(number + 1)")",
                    event: kind, environment: environment, serial: line.serial, at: event.at, command: event.command,
                    state: stored?.state, step: failure?.failedStep ?? step, message: "\(environment): \(message)"))
        }
        return notices
    }

    /// Whether a save's notice can depend on the state that was saved.
    static func needsState(_ line: HistoryLine) -> Bool {
        (line.missed + [line.event]).contains { event in
            switch event.change {
            case .transition(let from, let to): from != to || event.command == .freeze || event.command == .run
            case .step(_, .completed): event.command == .run
            case .step(_, .failed): event.command == .destroy
            case .step(_, .interrupted): true
            case .step(_, .started), .saved: false
            }
        }
    }

    private static func kind(of event: HistoryEvent, _ stored: AnyEnvironmentState?) -> (Event, StepName?)? {
        switch event.change {
        case .transition(_, let to):
            if event.command == .freeze { return (.frozen, nil) }
            // A state of failure can be restored, or kept while something else changes.
            if to.isError { return Phase(rawValue: event.command.rawValue) == nil ? nil : (.failed, nil) }
            if event.command == .run { return stored?.isComplete == true ? (.finished, nil) : nil }
            return to.isDone(by: event.command) ? (.finished, nil) : nil
        case .step(let step, .failed): return event.command == .destroy ? (.failed, step) : nil
        case .step(let step, .interrupted): return (.waiting, step)
        case .step(_, .completed):
            return event.command == .run && stored?.isComplete == true ? (.finished, nil) : nil
        case .step(_, .started), .saved: return nil
        }
    }
}

extension AnyEnvironmentState {
    /// Whether it runs and every step of the phase is complete.
    fileprivate var isComplete: Bool { state == .running && progress?.finishedAt != nil }
}

extension LifecycleState {
    /// Whether a command ends in this state.
    fileprivate func isDone(by command: CommandName) -> Bool {
        switch (command, self) {
        case (.provision, .provisioned), (.configure, .configured), (.release, .released), (.destroy, .destroyed): true
        default: false
        }
    }
}
