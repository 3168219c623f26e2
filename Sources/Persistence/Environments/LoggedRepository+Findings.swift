public import DocumentStore
public import EnvironmentDomain

extension LoggedRepository {
    /// What is wrong with what is stored, by the one answer.
    public func standingFindings(of name: EnvironmentName) async -> [Finding] {
        do throws(RepositoryError) {
            switch try await standing(of: name) {
            case .nothing, .stored: return []
            case .doubtful(_, let error), .damaged(let error): throw error
            }
        } catch {
            let kind = error.code == .recordPending ? "emergency_record" : error.code.rawValue
            return [Finding(.problem, kind, error.message)]
        }
    }

    /// What the log tells of the past, and where it is not what was written.
    ///
    /// - Parameters:
    ///   - name: The environment.
    ///   - retention: How much of the past is kept.
    public func historyFindings(of name: EnvironmentName, _ retention: LogRetention) async -> [Finding] {
        do throws(RepositoryError) {
            let chain = try await logged(name).chain()
            var findings = chain.flaws.map { flaw in
                Finding(
                    .warning, "history_flaw",
                    "The log is not what was written: \(flaw). What is stored is not touched by it.")
            }
            if let serials = chain.serials {
                findings.append(
                    Finding(
                        .note, "retention",
                        "The log has serials \(serials.lowerBound) to \(serials.upperBound); at most "
                            + "\(retention.totalSize >> 20) MiB are kept."))
            }
            return findings
        } catch {
            return [Finding(.problem, error.code.rawValue, error.message)]
        }
    }
}
