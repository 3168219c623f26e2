import Commands
import EnvironmentDomain
import JSONText
import OperatingSystem

/// A record about the state of OpenTofu or Terraform, kept apart from the state so that a lost state is noticed.
struct StateRecord: Codable, Hashable {
    /// The version of the newest complete state that was seen; `nil` for none.
    var version: ToolState.Version?
    /// The change that was started and not seen to end; `nil` for none.
    var unfinished: Change?
    /// Whether the build folder of an earlier apply was lost together with the record.
    var isLost: Bool?
    /// The addresses of resources that are complete in the state although one of their provisioners was killed.
    ///
    /// OpenTofu and Terraform store a resource when it is made, and mark it as tainted only when a provisioner fails. A
    /// provisioner that is killed together with them does not fail, and would never run again.
    var halfMade: [String]?

    struct Change: Codable, Hashable {
        /// The command of OpenTofu or Terraform, `apply` or `destroy`.
        let command: String
        let startedAt: Timestamp
        /// The identifier of the machine's boot in which the change was started; a later boot may mean that events were
        /// lost.
        let bootID: String

        enum CodingKeys: String, CodingKey {
            case command
            case startedAt = "started_at"
            case bootID = "boot_id"
        }
    }

    /// Reads the record; the record is empty when there is no file.
    ///
    /// - Throws: ``StepError`` with the kind `tool_state_damaged` when the file cannot be read.
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
