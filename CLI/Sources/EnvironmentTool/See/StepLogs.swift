import EnvironmentDomain

/// The logs of an environment's steps.
struct StepLogs: Sendable {
    /// All logs, those of the newest run last.
    let all: [Log]

    init(of name: EnvironmentName, in repository: any EnvironmentArchive) async throws {
        let folder = repository.workspace(for: name).logs
        let history = try await repository.historyLines(of: name) ?? []
        let order = Dictionary(
            history.map { ($0.event.commandID.text, $0.serial) }, uniquingKeysWith: { max($0, $1) })
        let runs = try TextFile.names(in: folder).sorted { (order[$0] ?? 0, $0) < (order[$1] ?? 0, $1) }
        all = try runs.flatMap { run in
            try TextFile.names(in: "\(folder)/\(run)").compactMap { file in
                guard file.hasSuffix(".log"), let dash = file.firstIndex(of: "-") else { return nil }
                return Log(
                    run: run, step: String(file[file.index(after: dash)...].dropLast(4)), file: file,
                    path: "\(folder)/\(run)/\(file)")
            }
        }
    }

    /// What one step printed in one run.
    struct Log: Encodable, Sendable {
        let run: String
        let step: String
        let file: String
        let path: String
        var lines: [String]?

        enum CodingKeys: String, CodingKey { case run, step, path, lines }
    }
}
