public import EnvironmentDomain
import EnvironmentHost
import OperatingSystem

extension Workspace {
    /// Creates the folder when it is missing and marks it as a workspace, so that files can be put there before
    /// anything is stored.
    ///
    /// - Throws: `RepositoryError` with `foreignFolder` when the folder holds anything else.
    public func claim() throws(RepositoryError) {
        do {
            _ = try makingFolder().open(Self.busyLockName, .readWriteCreating)
        } catch let error as RepositoryError {
            throw error
        } catch {
            let reason = (error as? SystemError)?.reasonAndWayOut() ?? "\(error)."
            throw RepositoryError(
                .directoryCreationFailed, "The folder \(root) cannot be made: \(reason) Nothing was changed.",
                path: root.text, cause: error)
        }
    }
}
