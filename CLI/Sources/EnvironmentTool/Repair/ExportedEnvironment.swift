import EnvironmentDomain

/// An environment with its past, in one JSON object.
struct ExportedEnvironment: Codable, Sendable {
    /// Grows when a member changes its meaning.
    let version: Int
    let environment: AnyEnvironmentState
    let lineage: Lineage?
    let serial: Int
    let savedAt: Timestamp?
    let event: HistoryLine?
    let history: [HistoryLine]
    /// The earlier states that are kept, the oldest first; `nil` in an export of version 0.1.
    let states: [EarlierState]?

    /// A state before the exported one.
    struct EarlierState: Codable, Sendable {
        let serial: Int
        let environment: AnyEnvironmentState
    }

    static let newest = 1

    enum CodingKeys: String, CodingKey {
        case environment, lineage, serial, event, history, states
        case version = "export_version"
        case savedAt = "saved_at"
    }

    init(_ stored: StoredEnvironment, history: [HistoryLine], earlier: [StoredEnvironment]) {
        version = Self.newest
        environment = stored.document
        lineage = stored.lineage
        serial = stored.serial
        savedAt = stored.savedAt
        event = stored.line
        // Drop what was saved after this state was read.
        self.history = history.filter { $0.serial <= stored.serial }
        states = earlier.map { EarlierState(serial: $0.serial, environment: $0.document) }
    }

    var earlier: [StoredEnvironment] {
        (states ?? []).map {
            StoredEnvironment(document: $0.environment, lineage: lineage, serial: $0.serial, savedAt: nil, line: nil)
        }
    }

    var stored: StoredEnvironment {
        StoredEnvironment(document: environment, lineage: lineage, serial: serial, savedAt: savedAt, line: event)
    }
}
