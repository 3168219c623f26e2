import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain
import JSONText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct Import: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Imports an environment: an export, or the environment.json of the Rust deployer.",
        usage: "\(Tool.name) import <file> [<options>]",
        discussion: """
            Never overwrites anything, and says what was mapped. An environment.json knows no provider of ours, so say \
            with --workflow, --infrastructure or --provider what it is to continue with.

            \(Examples(["import web.json"]))
            """)

    @Argument(help: ArgumentHelp("The file.", valueName: "file"), completion: .file(extensions: ["json"]))
    var file: String

    @OptionGroup(title: "Provider options") var provider: ProviderOptions

    @Option(
        name: .long, help: ArgumentHelp("Where the instance answers, if the file does not say.", valueName: "address"))
    var address: String?

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var readsStore: Bool { false }

    func answer(_ session: Session) async throws -> Answer {
        let content = try read()
        if content["export_version"] != nil { return try await adopt(content, session) }
        guard Original.isOne(content) else {
            throw Original.refusal("it is neither an export nor an environment.json")
        }
        guard let named = try provider.choice().named(in: session.providers) else {
            throw UsageError(
                description: "an environment.json knows no provider of ours; say --workflow FILE, --infrastructure DIR "
                    + "or --provider local")
        }
        let original = try Original(
            content, provider: named.reference, address: try address.map { try InstanceAddress($0) })
        let name = original.environment.name
        let run = CommandRun()
        let stored = try await session.repository.withLease(name, for: .create, run: run) { lease in
            if let stored = try await lease.stored { throw isThere(stored, session) }
            return try await lease.save(
                original.environment,
                event: HistoryEvent(
                    command: .create, commandID: run.id, change: .transition(from: nil, to: original.environment.state),
                    reason: "imported from \(file)"))
        }
        return try report(stored, original.mapped, original.remarks, session)
    }

    private func adopt(_ content: JSONValue, _ session: Session) async throws -> Answer {
        if let version = content["export_version"]?.number?.integer(as: Int.self), version > ExportedEnvironment.newest
        {
            throw Original.refusal(
                "its version is \(version), and this program knows up to \(ExportedEnvironment.newest)")
        }
        let exported: ExportedEnvironment
        do {
            exported = try content.decoded(as: ExportedEnvironment.self)
        } catch let error as DecodingError {
            throw Original.refusal("it is not a whole export: \(reason(of: error))")
        }
        let repository = session.repository
        let name = exported.environment.name
        let standing = try await repository.standing(of: name)
        if let error = standing.error { throw session.failure(error, of: name) }
        if let stored = standing.stored { throw isThere(stored, session) }
        try await repository.adopt(exported.stored, history: exported.history, earlier: exported.earlier)
        return try report(
            exported.stored, [], ["lineage, serial, history and earlier states are those of the export"], session)
    }

    private func read() throws -> JSONValue {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw UsageError(description: "\(file) is not there or cannot be read")
        }
        do {
            return try JSONValue(parsing: Array(bytes))
        } catch {
            throw Original.refusal("it is not JSON: \(error)")
        }
    }

    private func isThere(_ stored: StoredEnvironment, _ session: Session) -> Failure {
        let name = stored.document.name
        return Failure(
            .wrongState, "exists",
            "\(name) is there already, in state \(stored.document.state), and an import never overwrites. Nothing was "
                + "changed.", next: session.invocation(name).look())
    }

    private func report(
        _ stored: StoredEnvironment, _ mapped: [Original.Mapping], _ remarks: [String], _ session: Session
    ) throws -> Answer {
        let name = stored.document.name
        // Its name is in the file and not on the command line.
        let environment = try session.environment(name)
        var report = EnvironmentReport(stored, "imported", in: environment)
        report.changed = true
        return Answer(
            report.lines + mapped.map { "  mapped     \($0.from) -> \($0.to)" } + remarks.map { "  remark     \($0)" },
            json: Report(report: report, mapped: mapped, remarks: remarks))
    }

    private struct Report: Encodable, Sendable {
        let report: EnvironmentReport
        let mapped: [Original.Mapping]
        let remarks: [String]

        enum CodingKeys: String, CodingKey { case mapped, remarks }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(mapped, forKey: .mapped)
            try container.encode(remarks, forKey: .remarks)
        }
    }
}
