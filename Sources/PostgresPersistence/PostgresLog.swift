#if PostgreSQL
    import DocumentStore
    import EnvironmentDomain
    import Persistence

    /// The log of one environment, whose lines are rows of `typed_environments.history`.
    struct PostgresLog: LogSource {
        let repository: PostgresEnvironmentRepository
        let name: EnvironmentName

        var location: String { repository.place(of: name) }

        var checkpointLocation: String {
            "The row of \(name) in typed_environments.environments (\(repository.server))"
        }

        func newestLine() async throws(RepositoryError) -> LogLine? {
            guard let row = try await repository.read(Statements.newestLine, [name.text]).first else { return nil }
            return FoundLog.line(row[2], row.number(0), row[1])
        }

        func evidence() async throws(RepositoryError) -> Evidence {
            guard let row = try await repository.read(Statements.evidence, [name.text]).first else {
                return Evidence(log: .missing, checkpoint: .missing)
            }
            return try await FoundLog(row, of: name) { (statement, parameters) throws(RepositoryError) in
                try await repository.read(statement, parameters)
            }.evidence
        }

        func forEachLine(_ body: (LogText) throws(RepositoryError) -> Bool) async throws(RepositoryError) {
            var serial = -1
            var number = 0
            while case let rows = try await repository.read(Statements.linesAfter, [name.text, "\(serial)"]),
                rows.first != nil
            {
                for row in rows.all {
                    serial = row.number(0) ?? serial
                    number += 1
                    let text = LogText(place: "history of \(name)", number: number, bytes: Array((row[2] ?? "").utf8))
                    guard try body(text) else { return }
                }
            }
            // When the newest lines are lost, the checkpoint still has the newest state.
            guard let text = try await checkpointText(), let line = LogLine(pretty: text), line.serial > serial else {
                return
            }
            _ = try body(LogText(place: checkpointLocation, number: 1, bytes: line.bytes))
        }

        private func checkpointText() async throws(RepositoryError) -> [UInt8]? {
            try await repository.read(Statements.checkpoint, [name.text]).first?[0].map { Array($0.utf8) }
        }

        func recoverable() async -> [Evidence.Record] {
            var newest: LogLine?
            // A log that cannot be read now cannot be recovered from now.
            try? await forEachLine { text in
                if let line = LogLine(text.bytes) { newest = line }
                return true
            }
            return newest.map { [Evidence.Record(path: location, serial: $0.serial, lineage: $0.lineage)] } ?? []
        }

        func hold(_ holder: LeaseHolder, timeout: Duration) async throws(RepositoryError) -> any HeldLog {
            try await LeaseAcquisition(repository: repository, name: name, holder: holder, timeout: timeout).acquire()
        }
    }
#endif
