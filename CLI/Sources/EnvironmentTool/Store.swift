import CommandLineProgram
import DocumentStore
import EnvironmentDomain
import Persistence

#if PostgreSQL
    import PostgresPersistence
#endif

/// The store that the command line names.
enum Store {
    static func open(_ global: GlobalOptions) throws -> any EnvironmentArchive {
        try open(place: global.store ?? global.dataFolder, like: global)
    }

    /// The store that a word names: one of the configuration file, a database by its connection string, or a folder.
    static func open(_ word: String, like global: GlobalOptions) throws -> any EnvironmentArchive {
        try open(place: Settings.current.place(word), like: global)
    }

    private static func open(place: String, like global: GlobalOptions) throws -> any EnvironmentArchive {
        guard isDatabase(place) else {
            guard !place.contains(#/^\s*\w+:\//#) else {
                throw UsageError(
                    description: "\(place.withoutPassword) is no store: a store is a folder, or a database like "
                        + "postgres://db.example/environments")
            }
            return try FileEnvironmentRepository(
                dataFolder: place, lockTimeout: .seconds(global.lockTimeout), retention: global.retention,
                emergencyFolder: global.emergencyFolder)
        }
        #if PostgreSQL
            do {
                return try PostgresEnvironmentRepository(
                    PostgresServer(place), workspaces: global.dataFolder, lockTimeout: .seconds(global.lockTimeout),
                    retention: global.retention, emergencyFolder: global.emergencyFolder)
            } catch let error as PostgresError {
                throw UsageError(description: error.message)
            }
        #else
            throw Failure(
                .wrongState, "no_postgresql",
                "This \(Tool.name) was built without PostgreSQL. Install libpq (apt-get install libpq-dev pkg-config, or brew "
                    + "install libpq pkgconf) and build it again: swift build -c release "
                    + "--traits PostgreSQL, or Scripts/install-envctl for envctl.")
        #endif
    }

    /// Makes sure that a data folder which is named is there; the default one may not be made yet.
    static func check(_ repository: any EnvironmentArchive, namedBy global: GlobalOptions) throws {
        guard global.store ?? global.namedDataFolder != nil, let files = repository as? FileEnvironmentRepository,
            !files.hasDataFolder
        else { return }
        throw Failure(
            .notFound, "no_data_folder",
            "The data folder \(files.dataFolder) does not exist, so there is no environment in it. Check its name; the "
                + "first environment that is created there makes it.")
    }

    /// Whether a word is a connection string and not a folder: a URL, or settings like `host=db.example`.
    static func isDatabase(_ place: String) -> Bool {
        place.contains(#/^\s*(postgres(ql)?:\/\/|[a-z_]+\s*=)/#)
    }

    /// Makes the tables that a database needs, or brings them to this program's version.
    ///
    /// - Returns: the version before and the one now; nil for a store that needs no tables.
    static func prepare(_ store: any EnvironmentArchive) async throws -> (from: Int, to: Int)? {
        #if PostgreSQL
            if let database = store as? PostgresEnvironmentRepository { return try await database.migrate() }
        #endif
        return nil
    }
}

extension String {
    /// A connection string, or a text with one in it, without its password, which no message may hold.
    ///
    /// The patterns match Unicode scalars: `=` and a combining character behind it are one `Character`.
    var withoutPassword: String {
        let text = replacing(#/(\w+:\/[^:@]*):.*@/#.matchingSemantics(.unicodeScalar)) { "\($0.1)@" }
        // Only in a URL an & ends it.
        return text.contains("://")
            ? text.replacing(#/[&\s]?\w*password\s*=\s*[^\s&]*/#.matchingSemantics(.unicodeScalar), with: "")
            : text.replacing(
                #/\s?\w*password\s*=\s*('(\\.|[^'\\])*'|(\\.|[^\s\\])*)/#.matchingSemantics(.unicodeScalar), with: "")
    }
}
