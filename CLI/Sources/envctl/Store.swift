import CommandLineProgram
import EnvironmentDomain
import Persistence

/// Where the environments are that the command line means.
enum Store {
    static func open(_ global: GlobalOptions) throws -> any EnvironmentArchive {
        try files(global)
    }

    /// Another store, named as the command line names one.
    static func open(_ place: String, like global: GlobalOptions) throws -> any EnvironmentArchive {
        try FileEnvironmentRepository(
            dataFolder: place, lockTimeout: .seconds(global.lockTimeout), emergencyFolder: global.emergencyFolder)
    }

    /// The files behind the store, for what only files have: an edit by hand, for example.
    static func files(_ global: GlobalOptions) throws -> FileEnvironmentRepository {
        try FileEnvironmentRepository(
            dataFolder: global.dataFolder, lockTimeout: .seconds(global.lockTimeout),
            emergencyFolder: global.emergencyFolder)
    }

    static func namesForCompletion(in folder: String) throws -> [String] {
        try FileEnvironmentRepository(dataFolder: folder).names().map(\.text)
    }
}
