/// What a save records beside the state itself: who did what, and when.
public struct HistoryEvent: Hashable, Sendable {
    public let at: Timestamp
    public let command: CommandName
    public let commandID: CommandID
    public let change: Change
    /// Why, in the words of who asked for it; nil where the command says enough.
    public let reason: String?

    /// What happened.
    public enum Change: Hashable, Sendable {
        /// A transition; the first save of an environment comes from nil.
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

/// What happened to a step.
public enum StepEvent: String, Codable, Hashable, Sendable {
    case started, completed, failed, interrupted
}

extension HistoryEvent: Codable {
    enum CodingKeys: String, CodingKey {
        case at, command, from, to, step, event, reason
        case commandID = "command_id"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        at = try container.decode(Timestamp.self, forKey: .at)
        command = try container.decode(CommandName.self, forKey: .command)
        commandID = try container.decode(CommandID.self, forKey: .commandID)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        if let step = try container.decodeIfPresent(StepName.self, forKey: .step) {
            change = .step(step, try container.decode(StepEvent.self, forKey: .event))
        } else if let to = try container.decodeIfPresent(LifecycleState.self, forKey: .to) {
            change = .transition(from: try container.decodeIfPresent(LifecycleState.self, forKey: .from), to: to)
        } else {
            change = .saved
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(at, forKey: .at)
        try container.encode(command, forKey: .command)
        try container.encode(commandID, forKey: .commandID)
        try container.encodeIfPresent(reason, forKey: .reason)
        switch change {
        case .transition(let from, let to):
            // A first save says `"from": null` and does not leave it out.
            try container.encode(from, forKey: .from)
            try container.encode(to, forKey: .to)
        case .step(let name, let event):
            try container.encode(name, forKey: .step)
            try container.encode(event, forKey: .event)
        case .saved:
            break
        }
    }
}

/// One line of an environment's history: the event of one save, and its place in the chain of all saves.
public struct HistoryLine: Hashable, Sendable {
    /// 1 for the first save, then one more each.
    public let serial: Int
    public let event: HistoryEvent
    /// The checksum of the line before, without its newline; nil on the first.
    public let previous: Checksum?
    /// Events whose own save failed.
    public let missed: [HistoryEvent]

    package init(serial: Int, event: HistoryEvent, previous: Checksum?, missed: [HistoryEvent]) {
        self.serial = serial
        self.event = event
        self.previous = previous
        self.missed = missed
    }
}

extension HistoryLine: Codable {
    enum CodingKeys: String, CodingKey { case serial, previous, missed }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        serial = try container.decode(Int.self, forKey: .serial)
        guard (1..<1 << 53).contains(serial) else {
            throw DecodingError.dataCorruptedError(
                forKey: .serial, in: container, debugDescription: "a serial is a number from 1 to 2^53")
        }
        previous = try container.decodeIfPresent(Checksum.self, forKey: .previous)
        missed = try container.decodeIfPresent([HistoryEvent].self, forKey: .missed) ?? []
        event = try HistoryEvent(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try event.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(serial, forKey: .serial)
        try container.encodeIfPresent(previous, forKey: .previous)
        if !missed.isEmpty { try container.encode(missed, forKey: .missed) }
    }
}
