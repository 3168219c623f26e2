import EnvironmentDomain
import JSONText
import OperatingSystem

/// How much of an environment's log a target has been told, in a durable file of its own.
///
/// The log itself is the outbox: what is behind the cursor has not been delivered.
struct DeliveryCursor: Codable, Hashable {
    /// The environment whose serials are meant; `nil` for one that was not stored yet.
    var lineage: Lineage?
    /// The newest save of which everything was delivered.
    var serial: Int
    /// Drift that was found and not been delivered; nothing of it is in the log.
    var drift: [Drift] = []
    /// Why the next notice could not be delivered; `nil` when it was not tried yet.
    var trouble: Trouble?
    private var version = 1

    struct Drift: Codable, Hashable {
        let serial: Int
        let at: Timestamp
        let count: Int
    }

    struct Trouble: Codable, Hashable {
        /// How often it was tried in vain.
        var attempts: Int
        let since: Timestamp
        var retryAt: Timestamp
        var reason: String

        enum CodingKeys: String, CodingKey {
            case attempts, since, reason
            case retryAt = "retry_at"
        }
    }

    init(lineage: Lineage?, serial: Int) {
        self.lineage = lineage
        self.serial = serial
    }

    /// Notes a failure; the next attempt comes after 10 s, later after twice the time before, and at least once an hour.
    mutating func fail(_ reason: String, at moment: Timestamp) {
        let attempts = (trouble?.attempts ?? 0) + 1
        let pause = min(5_000 << min(attempts, 10), 3_600_000)
        trouble = Trouble(
            attempts: attempts, since: trouble?.since ?? moment,
            retryAt: Timestamp(millisecondsSince1970: moment.millisecondsSince1970 + Int64(pause)), reason: reason)
    }

    /// Takes the stored environment for the one that is meant; another one of its name, or an earlier copy of it, begins again.
    mutating func follow(_ stored: StoredEnvironment) {
        if lineage != stored.lineage {
            self = DeliveryCursor(lineage: stored.lineage, serial: 0)
        } else if serial > stored.serial {
            serial = stored.serial
        }
    }

    // MARK: The file

    /// Reads a cursor; `nil` when there is none.
    static func read(_ name: String, in folder: Folder) throws -> DeliveryCursor? {
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try folder.open(name, .read)
            bytes = try file.read(limit: 1 << 20)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
        do {
            return try JSONTextDecoder().decode(DeliveryCursor.self, from: bytes)
        } catch {
            throw OutboxError(
                reason:
                    "the file \(folder.path(of: name)) is damaged; without it the target is told what happens from then on"
            )
        }
    }

    func put(at name: String, in folder: Folder) throws {
        try folder.put(try JSONTextEncoder(style: .sortedNames).encode(self), at: name)
    }
}

/// Why nothing can be delivered, apart from the target.
struct OutboxError: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
