import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence

/// What whoever runs a database of environments needs beside the tools that use it.
@main
enum PostgresStore {
    static let help = """
        USAGE: postgres-store COMMAND [options]

          migrate                     make the tables, or bring them to this program's version
          status                      the schema, how many environments there are, and who holds which
          force-release NAME [--yes]  show who holds NAME; with --yes take it away
          copy FROM TO [--dry-run] [NAME …]
                                      copy environments with their history and backups; each of FROM and TO is a
                                      data folder or "store", the database
          watch                       print a line for every change until it is stopped

        The database is TYPED_ENVIRONMENTS_STORE: a connection string as libpq takes it, for example
        postgres://deploy@db.example/environments; what it leaves out comes from the PG… variables and ~/.pgpass.
        """

    static func main() async {
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
        } catch let error as Refusal {
            report(error.description, code: 64)
        } catch let error as RepositoryError {
            report(error.message, code: error.code == .lockAcquisitionFailed ? 75 : 74)
        } catch {
            report("\(error)", code: 64)
        }
    }

    private static func run(_ words: [String]) async throws {
        let rest = Array(words.dropFirst())
        switch words.first {
        case "migrate" where rest.isEmpty: try await migrate()
        case "status" where rest.isEmpty: try await status()
        case "force-release":
            let names = rest.filter { $0 != "--yes" }
            guard names.count == 1 else { throw Refusal("force-release takes one NAME.") }
            try await forceRelease(try EnvironmentName(names[0]), isMeant: rest.contains("--yes"))
        case "copy":
            let places = rest.filter { $0 != "--dry-run" }
            guard places.count >= 2 else { throw Refusal("copy takes FROM and TO.") }
            try await copy(
                places[0], places[1], try places.dropFirst(2).map(EnvironmentName.init),
                isTrial: rest.contains("--dry-run"))
        case "watch" where rest.isEmpty: try await watch()
        case nil, "help", "--help": print(help)
        default: throw Refusal("\(words.joined(separator: " ")) is not understood; postgres-store --help says what is.")
        }
    }

    private static func migrate() async throws {
        let (from, to) = try await store().migrate()
        print(from == to ? "nothing to do: the tables have schema version \(to)" : "schema version \(from) -> \(to)")
    }

    private static func status() async throws {
        let store = try store()
        let names = try await store.names()
        print("\(names.count) environments in \(store.location)")
        for name in names {
            if let holder = try await store.holder(of: name) { print("\(name): held by \(holder)") }
        }
    }

    private static func forceRelease(_ name: EnvironmentName, isMeant: Bool) async throws {
        let store = try store()
        let held = try await store.holder(of: name)
        guard let holder = try await held == nil ? store.abandoned(name) : held else {
            print("\(name) is free")
            return
        }
        print("\(name) is held by \(holder)")
        guard isMeant else {
            throw Refusal(
                "Stop that process if you can. To take \(name) away from it: postgres-store force-release \(name) --yes"
            )
        }
        try await store.forceRelease(name, heldBy: holder.lockID)
        print("\(name) was taken away: nothing that this holder still does can be saved")
    }

    private static func copy(
        _ from: String, _ to: String, _ only: [EnvironmentName], isTrial: Bool
    ) async throws {
        let source = try archive(from)
        let target = try archive(to)
        var refused = 0
        for name in try await only.isEmpty ? source.names() : only {
            do throws(RepositoryError) {
                switch try await ArchiveMigration(from: source, to: target).migrate(name, isTrial: isTrial) {
                case .copied(let serial, let lines, let backups):
                    print("\(name): copied (serial \(serial), \(lines) history lines, \(backups) backups)")
                case .wouldBeCopied(let serial, let lines, let backups):
                    print("\(name): would be copied (serial \(serial), \(lines) history lines, \(backups) backups)")
                case .alreadyThere(let serial): print("\(name): there already (serial \(serial))")
                }
            } catch {
                refused += 1
                print("\(name): not copied: \(error.message)")
            }
        }
        if refused > 0 { throw RepositoryError(.recordRefused, "\(refused) environments were not copied.") }
    }

    private static func watch() async throws {
        for try await change in try store().changes() {
            switch change {
            case .watching: print("watching")
            case .saved(let name, let serial): print("\(name) saved (serial \(serial))")
            case .removed(let name): print("\(name) removed")
            }
        }
    }

    private static func archive(_ place: String) throws -> any EnvironmentArchive {
        place == "store" ? try store() : try FileEnvironmentRepository(dataFolder: place)
    }

    private static func store() throws -> PostgresEnvironmentRepository {
        guard let text = ProcessInfo.processInfo.environment["TYPED_ENVIRONMENTS_STORE"], !text.isEmpty else {
            throw Refusal("TYPED_ENVIRONMENTS_STORE is not set; it is the database's connection string.")
        }
        return try PostgresEnvironmentRepository(PostgresServer(text))
    }

    private static func report(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(code)
    }

    /// Prints a line as soon as it comes, also into a pipe.
    private static func print(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private struct Refusal: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
