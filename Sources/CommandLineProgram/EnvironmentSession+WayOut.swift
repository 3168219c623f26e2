import Commands
public import EnvironmentDomain

extension EnvironmentSession {
    /// Returns the error for a name without a stored environment.
    public func notFound() async -> Failure {
        let names = (try? await repository.names()) ?? []
        let near = name.text.nearest(in: names.map(\.text)).map { " Did you mean \($0)?" } ?? ""
        return Failure(
            .notFound, "not_found", "There is no environment \(name) in \(repository.location).\(near)",
            next: invocations.create())
    }

    /// Returns the command line to run next; `nil` when nothing remains to be done.
    public func next(after environment: AnyEnvironmentState) -> String? {
        // Only an interrupted command can have a step to confirm. Reading the steps can be slow, because it may hash a
        // folder.
        let isInterrupted = environment.unfinishedCommand != nil && environment.failure == nil
        // A command that needs the steps reports why they cannot be read.
        let provider = isInterrupted ? (try? provider(of: environment)) : nil
        return invocations.next(after: environment, unconfirmed: provider?.unrepeatableStep(of: environment))
    }

    /// Returns notes about inputs that differ from the stored ones and are not used, because the goal is already
    /// reached.
    func notes(
        on differences: [InputDifference], _ environment: AnyEnvironmentState, _ provider: ProviderReference
    ) -> [String] {
        var notes: [String] = []
        if let first = differences.map(\.phase).min() {
            notes.append(
                "\(differences.map(\.description).joined(separator: "; ")): nothing of that was run; to run it: "
                    + invocations.startAgain(first))
        }
        let (kept, given) = (environment.context.provider.source, provider.source)
        if let kept, let given, kept != given {
            notes.append("\(name) keeps \(kept), since nothing of \(given) was run")
        }
        return notes
    }
}
