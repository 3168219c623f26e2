#if PostgreSQL
    import DocumentStore
    import EnvironmentDomain
    import Persistence

    /// The stored rows of one environment: the newest line of the log, and the row in `environments`, which is the
    /// checkpoint.
    struct FoundLog: Sendable {
        var evidence: Evidence
        /// The serial and the hash of the newest line, complete or not; `nil` for no line.
        var newest: (serial: Int, hash: String)?
        /// The hash of the checkpoint's document; `nil` for no row.
        var checkpointHash: String?

        /// Reads a row of ``Statements/evidence`` or ``Statements/begin``.
        ///
        /// - Parameter run: A function that runs a statement, to find an older line when the newest is damaged.
        init<Failure: Error>(
            _ row: Row, of name: EnvironmentName,
            _ run: (String, [String?]) async throws(Failure) -> Rows
        ) async throws(Failure) {
            checkpointHash = row[10]
            guard let serial = row.number(3), let hash = row[5] else {
                evidence = Evidence(log: .missing, checkpoint: .missing, traces: Self.traces(row))
                return
            }
            newest = (serial, hash)
            guard let line = Self.line(row[4], serial, row[2]) else {
                evidence = Evidence(
                    log: .damaged(newestWhole: try await Self.newestWhole(of: name, before: serial, run)),
                    checkpoint: .missing)
                return
            }
            evidence = Evidence(
                log: .whole(line), checkpoint: Self.checkpoint(row, line), checkpointText: row[9].map { Array($0.utf8) }
            )
        }

        /// Creates the values after a save.
        init(_ line: LogLine, hash: String?, checkpointHash: String?) {
            evidence = Evidence(log: .whole(line), checkpoint: .current)
            newest = hash.map { (line.serial, $0) }
            self.checkpointHash = checkpointHash
        }

        /// Creates the values for an environment that is not stored.
        init(nothingStored: Void) { evidence = Evidence(log: .missing, checkpoint: .missing) }

        /// Returns a line; `nil` when it is damaged or contradicts its columns.
        static func line(_ text: String?, _ serial: Int?, _ lineage: String?) -> LogLine? {
            guard let line = text.flatMap({ LogLine($0.utf8) }), line.serial == serial, line.lineage == lineage else {
                return nil
            }
            return line
        }

        private static func newestWhole<Failure: Error>(
            of name: EnvironmentName, before serial: Int, _ run: (String, [String?]) async throws(Failure) -> Rows
        ) async throws(Failure) -> LogLine? {
            var serial = serial
            while case let rows = try await run(Statements.linesBefore, [name.text, "\(serial)"]), rows.first != nil {
                for row in rows.all {
                    if let line = line(row[2], row.number(0), row[1]) { return line }
                    serial = row.number(0) ?? 0
                }
            }
            return nil
        }

        /// Returns the rows that only a stored environment has; purging it removes them.
        private static func traces(_ row: Row) -> [String] {
            if row[9] != nil { return ["its row in typed_environments.environments"] }
            return row.isTrue(1) ? ["its row in typed_environments.leases"] : []
        }

        /// Returns the condition of the checkpoint, which must equal the line, because both are written in one
        /// transaction.
        private static func checkpoint(_ row: Row, _ line: LogLine) -> Evidence.Checkpoint {
            guard let document = row[9] else { return .unusable("is not there") }
            let columns = [row[6], row[7], row[8]]
            if document.utf8.elementsEqual(line.pretty),
                columns == [line.lineage, "\(line.serial)", (try? line.environment())?.document.state.rawValue]
            {
                return .current
            }
            guard let found = LogLine(pretty: Array(document.utf8)) else { return .edited }
            guard found.lineage == line.lineage else { return .otherLineage }
            return found.serial > line.serial ? .newer(serial: found.serial) : .edited
        }
    }
#endif
