#if PostgreSQL
    import DocumentStore
    import EnvironmentDomain
    import Persistence

    /// A line that is to be put into the tables, and the name by which it is found when no answer comes.
    struct Save {
        let line: LogLine
        let identifier = LockID.random().text
        private let name: EnvironmentName
        private let fence: Int
        private let state: LifecycleState

        init(_ line: LogLine, of name: EnvironmentName, fence: Int) throws(RepositoryError) {
            self.line = line
            self.name = name
            self.fence = fence
            state = try line.environment().document.state
        }

        /// The first seven parameters, which describe the row of the checkpoint.
        func row(_ backend: Int) -> [String?] {
            [
                name.text, "\(fence)", "\(backend)", line.lineage, "\(line.serial)", state.rawValue,
                String(decoding: line.pretty, as: UTF8.self),
            ]
        }

        /// The parameters of ``Statements/append``.
        func parameters(_ backend: Int, after found: FoundLog) -> [String?] {
            row(backend) + [
                identifier, String(decoding: line.bytes, as: UTF8.self),
                EnvironmentDocument.isLasting(line) ? "t" : "f", found.newest.map { "\($0.serial)" },
                found.newest?.hash, found.checkpointHash,
            ]
        }
    }
#endif
