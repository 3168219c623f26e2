#if PostgreSQL
    public import EnvironmentDomain
    import Persistence

    extension PostgresEnvironmentRepository {
        public func examine(_ name: EnvironmentName) async -> [Finding] {
            var findings: [Finding] = []
            do throws(RepositoryError) {
                if let holder = try await holder(of: name) {
                    findings.append(Finding(.note, "held", "It is held by \(holder)."))
                } else if let holder = try await abandoned(name) {
                    findings.append(
                        Finding(
                            .warning, "abandoned", "A command ended without releasing it: \(holder).",
                            isMendedByLease: true))
                }
                for backup in try await backups(of: name) where backup.stored == nil {
                    findings.append(Finding(.warning, "damaged_backup", "The backup \(backup.location) is damaged."))
                }
                // Each flaw is a finding; that reading logs them too would say everything twice.
                let history = try await withoutLog { () throws(RepositoryError) in try await self.history(of: name) }
                for flaw in history?.flaws ?? [] {
                    findings.append(
                        Finding(.warning, "history_flaw", "The history is not what was written: \(flaw)."))
                }
                if let record = try await emergencyRecord(of: name) {
                    findings.append(
                        Finding(
                            .problem, "emergency_record", "The emergency record \(record) is newer than what is stored."
                        ))
                }
            } catch {
                findings.append(Finding(.problem, error.code.rawValue, error.message))
            }
            return findings
        }

        private func withoutLog<Result>(
            _ body: () async throws(RepositoryError) -> Result
        ) async throws(RepositoryError) -> Result {
            do {
                return try await EnvironmentLog.withHandler({ _ in }) { try await body() }
            } catch let error as RepositoryError {
                throw error
            } catch {
                throw RepositoryError(.readStateFailed, "\(error)", cause: error)
            }
        }
    }
#endif
