import DocumentStore
public import EnvironmentDomain
import OperatingSystem

extension FileEnvironmentRepository {
    /// What every save of an environment changes, and every beginning and end of a lease: the identity, size and time of its
    /// files.
    public struct Mark: Hashable, Sendable {
        private let files: [FileStatus?]

        fileprivate init(_ files: [FileStatus?]) { self.files = files }
    }

    /// Returns the mark of each environment, for a program that shows environments and reads one again when its mark is
    /// another.
    ///
    /// No file is opened. A file system's clock can be coarse, so that a mark can miss the second of two saves within
    /// some milliseconds; read everything again from time to time.
    ///
    /// - Throws: `RepositoryError` when the data folder is not there or cannot be read.
    public func marks() async throws(RepositoryError) -> [EnvironmentName: Mark] {
        let names = try await names()
        do {
            return try await withBlockingThread { () async throws(SystemError) in
                let root = try Folder(dataFolder.text)
                var marks: [EnvironmentName: Mark] = [:]
                for name in names {
                    var files: [FileStatus?] = []
                    for file in [DocumentPlace.logName, DocumentPlace.checkpointName, DocumentPlace.lockName] {
                        files.append(try root.status(of: "\(name)/\(file)"))
                    }
                    marks[name] = Mark(files)
                }
                return marks
            }
        } catch {
            throw RepositoryError(
                .readStateFailed, "The data folder \(dataFolder) cannot be read: \(error.reasonAndWayOut())",
                path: dataFolder.text, cause: error)
        }
    }
}
