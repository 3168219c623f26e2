import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

struct PrepareStore: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the tables of a database, or brings them to this program's version.",
        usage: "\(Tool.name) prepare-store [<options>]",
        discussion: """
            Run it as the role that owns the database. It is one transaction and changes nothing when the tables are up to \
            date. A folder needs no preparation.

            \(Examples(["prepare-store --store postgres://db.example/environments"]))
            """)

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var readsStore: Bool { false }

    func answer(_ session: Session) async throws -> Answer {
        let store = session.repository
        let versions = try await Store.prepare(store)
        let line =
            switch versions {
            case nil: "nothing to do: \(store.location) is a folder"
            case let (from, to)? where from == to: "nothing to do: the tables have schema version \(to)"
            case let (from, to)?: "schema version \(from) -> \(to)"
            }
        return Answer([line], json: Report(store: store.location, from: versions?.from, to: versions?.to))
    }

    private struct Report: Encodable, Sendable {
        let store: String
        /// The schema version before; 0 when there were no tables, nil for a folder.
        let from: Int?
        let to: Int?
    }
}
