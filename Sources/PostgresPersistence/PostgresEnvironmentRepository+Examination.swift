#if PostgreSQL
    public import EnvironmentDomain
    import Persistence

    extension PostgresEnvironmentRepository {
        public func examine(_ name: EnvironmentName) async -> [Finding] {
            var findings = await standingFindings(of: name)
            do throws(RepositoryError) {
                if let holder = try await holder(of: name) {
                    findings.append(
                        Finding(.note, "held", "It is held by \(holder), which is \(holder.condition.rawValue)."))
                } else if let holder = try await abandoned(name) {
                    findings.append(
                        Finding(
                            .warning, "abandoned", "A command ended without releasing it: \(holder).",
                            isRepairedByLease: true))
                }
                findings += await historyFindings(of: name, retention)
                let count = try await read(Statements.setAsideCount, [name.text]).first?.number(0) ?? 0
                if count > 0 {
                    findings.append(
                        Finding(
                            .note, "set_aside",
                            "\(count) lines of the history were damaged or of an earlier \(name), and are kept under a name "
                                + "that begins with \(name). in typed_environments.history."))
                }
            } catch {
                findings.append(Finding(.problem, error.code.rawValue, error.message))
            }
            return findings
        }
    }
#endif
