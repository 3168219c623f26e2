import Commands
public import EnvironmentDomain

extension EnvironmentSession {
    /// The error for a name under which nothing is stored.
    public func notFound() async -> Failure {
        let names = (try? await repository.names()) ?? []
        let near = name.text.nearest(in: names.map(\.text)).map { " Did you mean \($0)?" } ?? ""
        return Failure(
            .notFound, "not_found", "There is no environment \(name) in \(repository.location).\(near)",
            next: invocations.create())
    }

    /// The command line that leads on from what is stored; `nil` when there is nothing left to do.
    public func next(after environment: AnyEnvironmentState) -> String? {
        // Only an interrupted command can have a step to confirm; to read the steps may be to hash a folder.
        let isInterrupted = environment.unfinishedCommand != nil && environment.failure == nil
        // The command line that needs the steps says why they cannot be read.
        let provider = isInterrupted ? (try? provider(of: environment)) : nil
        return invocations.next(after: environment, unconfirmed: provider?.unrepeatableStep(of: environment))
    }

    /// What is given and differs, and is not used since the goal is reached without it.
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
