#if PostgreSQL
    import DocumentStore
    import EnvironmentDomain
    import Persistence

    /// A line to be stored, and the identifier by which it is found when the result of the save is lost.
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

        /// Returns the first seven parameters, which describe the checkpoint.
        func row(_ backend: Int) -> [String?] {
            [
                name.text, "\(fence)", "\(backend)", line.lineage, "\(line.serial)", state.rawValue,
                String(decoding: line.pretty, as: UTF8.self),
            ]
        }

        /// Returns the parameters of ``Statements/append``.
        func parameters(_ backend: Int, after found: FoundLog) -> [String?] {
            row(backend) + [
                identifier, String(decoding: line.bytes, as: UTF8.self),
                EnvironmentDocument.isLasting(line) ? "t" : "f", found.newest.map { "\($0.serial)" },
                found.newest?.hash, found.checkpointHash,
            ]
        }
    }
#endif
