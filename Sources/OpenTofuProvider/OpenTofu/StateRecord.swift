import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// What is known of the tool's state apart from that state, so that a lost one is missed.
struct StateRecord: Codable, Hashable {
    /// The newest state that was seen whole.
    var version: ToolState.Version?
    /// A change that was begun and whose end was not seen.
    var unfinished: Change?
    /// Whether the build folder of an earlier apply was gone, with all that was known of the tool's state.
    var isLost: Bool?
    /// Resources that the tool takes for made although a provisioner of theirs was cut short.
    ///
    /// The tool writes a resource down when it is made and only marks it as spoilt when a provisioner fails; one that was
    /// killed with the tool fails nowhere, and would never be run again.
    var halfMade: [String]?

    struct Change: Codable, Hashable {
        /// The tool's command, `apply` or `destroy`.
        let command: String
        let startedAt: Timestamp
        /// The machine's boot in which it was begun: what was written before a later one may be lost.
        let bootID: String

        enum CodingKeys: String, CodingKey {
            case command
            case startedAt = "started_at"
            case bootID = "boot_id"
        }
    }

    /// Reads the record; an empty one when there is none.
    init(_ build: BuildFolder) throws(StepError) {
        let bytes: [UInt8]?
        do {
            bytes = try build.read(BuildFolder.record)
        } catch {
            throw StepError(kind: "tool_state_damaged", summary: "\(error)")
        }
        guard let bytes else { return }
        do {
            self = try JSONTextDecoder().decode(StateRecord.self, from: bytes)
        } catch {
            throw StepError(
                kind: "tool_state_damaged",
                summary:
                    "\(build.path)/\(BuildFolder.record), which says what is known of the state of OpenTofu or Terraform, "
                    + "is damaged. Check that \(build.infrastructure)/\(ToolState.name) is whole, then move the record aside "
                    + "with: mv -n "
                    + "\("\(build.path)/\(BuildFolder.record)".quotedForShell) "
                    + "\("\(build.path)/\(BuildFolder.record).damaged".quotedForShell). Nothing was started")
        }
    }

    mutating func note(halfMade addresses: [String]) { halfMade = addresses.isEmpty ? nil : addresses }

    func write(_ build: BuildFolder) throws {
        let encoder = JSONTextEncoder(style: [.pretty, .sortedNames])
        try build.open().put(try encoder.encode(self) + [UInt8(ascii: "\n")], at: BuildFolder.record)
    }
}
