import Commands
import EnvironmentDomain
import OperatingSystem

/// The folder `build` of an environment, in which OpenTofu or Terraform works.
///
/// Folders in it have mode 0700 and files mode 0600, since plans and states hold secrets in clear text.
struct BuildFolder: Sendable {
    let path: String

    init(_ workspace: Workspace) { path = workspace.build }

    /// The path of the copy of the user's folder, in which OpenTofu or Terraform runs and keeps its state.
    var infrastructure: String { "\(path)/infrastructure" }
    /// The path of the folder for copies of the state of OpenTofu or Terraform.
    var copies: String { "\(path)/state-copies" }
    /// The path of the folder for the events of OpenTofu or Terraform, one file for each of their commands.
    var events: String { "\(path)/events" }
    /// The path of an empty configuration file for OpenTofu or Terraform.
    var emptyConfiguration: String { "\(path)/empty.tfrc" }

    /// The name of the file that lists the copied files of the user's folder.
    static let manifest = "manifest.json"
    /// The name of the file that identifies the files and the program of the newest `init`.
    static let initialized = "initialized"
    /// The name of a file that a person creates to confirm that no resource remains.
    static let nothingLeft = "nothing-left"
    /// The name of the file with the ``StateRecord``.
    static let record = "state-record.json"

    /// Returns the name of the file with the plan of a run that is not applied yet.
    static func plan(_ run: CommandRun) -> String { "\(run.id).tfplan" }

    func eventsPath(_ name: String) -> String { "\(events)/\(name).jsonl" }

    /// Opens the folder, creating it if it is missing.
    func open() throws(SystemError) -> Folder { try Folder.making(path) }

    /// Returns the content of a file in the folder; `nil` when the file does not exist.
    func read(_ name: String) throws(SystemError) -> [UInt8]? {
        do {
            return try OpenFile("\(path)/\(name)", .read).read(limit: 256 << 20)
        } catch  where error.isNotFound {
            return nil
        }
    }
}
