#if PostgreSQL
    import DocumentStore
    import EnvironmentDomain
    import Persistence

    /// The rows of schema version 1.
    ///
    /// In that version the row of an environment was the stored state, the history had no documents, and five earlier
    /// documents were backups.
    enum VersionOneRows {
        /// Moves the documents into the lines of the history and removes the backups.
        ///
        /// Rows that contradict the history are left unchanged, so that the environment is reported as damaged.
        static func upgrade(_ connection: isolated Connection) throws {
            for row in try connection.run(names).all {
                if let name = row[0] { try upgrade(name, connection) }
            }
            try connection.run("DROP TABLE typed_environments.backups")
        }

        private static func upgrade(_ name: String, _ connection: isolated Connection) throws {
            let history = try connection.run(lines, [name]).map { (serial: $0.number(0) ?? 0, text: $0[1] ?? "") }
            let documents = try connection.run(documents, [name]).map { Array(($0[0] ?? "").utf8) }
            let log = EarlierEnvironment.log(
                history: history.map { ($0.serial, Array($0.text.utf8)) }, documents: documents)
            for (serial, line) in log {
                guard let line = LogLine(line) else { continue }
                let isLasting = EnvironmentDocument.isLasting(line) ? "t" : "f"
                try connection.run(
                    putLine, [name, line.lineage, "\(serial)", isLasting, String(decoding: line.bytes, as: UTF8.self)])
            }
            guard let newest = log.last.flatMap({ LogLine($0.line) }) else { return }
            try connection.run(
                putRow, [name, newest.lineage, "\(newest.serial)", String(decoding: newest.pretty, as: UTF8.self)])
        }

        private static let names = "SELECT name FROM typed_environments.leases WHERE is_stored ORDER BY name"
        private static let lines = """
            SELECT serial, line FROM typed_environments.history WHERE name = $1 ORDER BY serial
            """
        /// The row comes first, so that it is preferred to a backup with the same serial.
        private static let documents = """
            SELECT document FROM typed_environments.environments WHERE name = $1
            UNION ALL SELECT document FROM typed_environments.backups WHERE name = $1
            """
        private static let putLine = """
            INSERT INTO typed_environments.history (name, lineage, serial, save_id, is_lasting, line)
            VALUES ($1, $2, $3::bigint, 'upgraded', $4::boolean, $5)
            ON CONFLICT (name, serial) DO UPDATE SET line = excluded.line, is_lasting = excluded.is_lasting
            """
        /// A row that is not from the save of the newest line is left unchanged, because it contradicts the history.
        private static let putRow = """
            UPDATE typed_environments.environments SET document = $4
            WHERE name = $1 AND lineage = $2 AND serial = $3::bigint
            """
    }
#endif
