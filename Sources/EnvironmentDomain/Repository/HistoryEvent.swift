/// The event that a save records in the history: the command, the time and the change.
public struct HistoryEvent: Hashable, Sendable {
    public let at: Timestamp
    public let command: CommandName
    public let commandID: CommandID
    public let change: Change
    /// The reason, in the words of the person who asked for the command; `nil` for none.
    public let reason: String?

    /// A change of an environment.
    public enum Change: Hashable, Sendable {
        /// A transition; `from` is `nil` for the first save of an environment.
        case transition(from: LifecycleState?, to: LifecycleState)
        case step(StepName, StepEvent)
        /// A save of a document that has no lifecycle.
        case saved
    }

    public init(
        at: Timestamp = .now(), command: CommandName, commandID: CommandID, change: Change, reason: String? = nil
    ) {
        self.at = at
        self.command = command
        self.commandID = commandID
        self.change = change
        self.reason = reason
    }
}

/// A change of a step.
public enum StepEvent: String, Codable, Hashable, Sendable {
    case started, completed, failed, interrupted
}

extension HistoryEvent: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(at, as: "at")
        try members.write(command, as: "command")
        try members.write(commandID, as: "command_id")
        switch change {
        case .transition(let from, let to):
            // A first save writes `"from": null` and does not leave the member out.
            if let from { try members.write(from, as: "from") } else { try members.writeNull(as: "from") }
            try members.writeIfPresent(reason, as: "reason")
            try members.write(to, as: "to")
        case .step(let name, let event):
            try members.write(event, as: "event")
            try members.writeIfPresent(reason, as: "reason")
            try members.write(name, as: "step")
        case .saved:
            try members.writeIfPresent(reason, as: "reason")
        }
    }

    public init(stored members: StoredMemberReader) throws {
        at = try members.required("at")
        command = try members.required("command")
        commandID = try members.required("command_id")
        reason = try members.optional("reason")
        if let step: StepName = try members.optional("step") {
            change = .step(step, try members.required("event"))
        } else if let to: LifecycleState = try members.optional("to") {
            change = .transition(from: try members.optional("from"), to: to)
        } else {
            change = .saved
        }
    }
}

/// One line of an environment's history: the event of one save, and its place in the chain of all saves.
public struct HistoryLine: Hashable, Sendable {
    /// The number of the save, which starts with 1 and increases by 1.
    public let serial: Int
    public let event: HistoryEvent
    /// The checksum of the line before, without its newline; `nil` for the first line.
    public let previous: Checksum?
    /// The events of earlier saves that failed.
    public let missed: [HistoryEvent]

    /// The valid serials.
    ///
    /// Every JSON reader holds them exactly, and enough remain that the next serial never overflows.
    package static let serials = 1...(1 << 53)

    /// Creates the history line of a save, for the implementation of a repository.
    public init(serial: Int, event: HistoryEvent, previous: Checksum?, missed: [HistoryEvent]) {
        self.serial = serial
        self.event = event
        self.previous = previous
        self.missed = missed
    }
}

extension HistoryLine: StoredForm {
    /// Writes the event's members first, and then those of the line.
    public func store(in members: StoredMemberWriter) throws {
        try event.store(in: members)
        if !missed.isEmpty { try members.write(missed, as: "missed") }
        try members.writeIfPresent(previous, as: "previous")
        try members.write(serial, as: "serial")
    }

    public init(stored members: StoredMemberReader) throws {
        event = try HistoryEvent(stored: members)
        missed = try members.optional("missed") ?? []
        previous = try members.optional("previous")
        serial = try members.required("serial")
        guard Self.serials.contains(serial) else {
            throw members.invalid("serial", "a serial is a number from 1 to 2^53")
        }
    }
}
