import Commands
import EnvironmentDomain
import OperatingSystem

/// Where the tool works for one environment: everything below `build`, 0700 and 0600, since plans and states hold
/// secrets in clear text.
struct BuildFolder: Sendable {
    let path: String

    init(_ workspace: Workspace) { path = workspace.build }

    /// The copy of the user's folder in which the tool is called, with the tool's own state.
    var infrastructure: String { "\(path)/infrastructure" }
    /// Copies of the tool's state.
    var copies: String { "\(path)/state-copies" }
    /// What the tool said, one file for each of its commands.
    var events: String { "\(path)/events" }
    /// A tool configuration that says nothing.
    var emptyConfiguration: String { "\(path)/empty.tfrc" }

    /// What was copied from the user's folder.
    static let manifest = "manifest.json"
    /// What the newest `init` was done for.
    static let initialized = "initialized"
    /// A file by which a person says that nothing is left of what was made.
    static let nothingLeft = "nothing-left"
    /// What is known of the tool's state.
    static let record = "state-record.json"

    /// The plan that was made in a run and has not been applied yet.
    static func plan(_ run: CommandRun) -> String { "\(run.id).tfplan" }

    func eventsPath(_ name: String) -> String { "\(events)/\(name).jsonl" }

    /// The folder, which is made when it is missing.
    func open() throws(SystemError) -> Folder { try Folder.making(path) }

    /// The content of a file in the folder; nil when there is none.
    func read(_ name: String) throws(SystemError) -> [UInt8]? {
        do {
            return try OpenFile("\(path)/\(name)", .read).read(limit: 256 << 20)
        } catch  where error.isNotFound {
            return nil
        }
    }
}
