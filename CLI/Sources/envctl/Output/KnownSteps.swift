import CommandLineProgram
import Commands
import EnvironmentDomain
import Synchronization

/// The steps of the environments' providers; a workflow file is read once for all environments.
final class KnownSteps: Sendable {
    private let providers = Mutex<[ProviderReference: Provider?]>([:])

    /// Returns the number of steps; `nil` when the provider's steps cannot be read, or the command has none.
    func count(_ command: CommandName, of reference: ProviderReference) -> Int? {
        guard let phase = Phase(command) else { return nil }
        return provider(reference)?.steps(of: phase).count
    }

    /// Returns the interrupted step that is run again only when it is confirmed; `nil` for none, and when the provider's
    /// steps cannot be read.
    func unrepeatableStep(of environment: AnyEnvironmentState) -> StepName? {
        guard environment.unfinishedCommand != nil, environment.failure == nil else { return nil }
        return provider(environment.context.provider)?.unrepeatableStep(of: environment)
    }

    private func provider(_ reference: ProviderReference) -> Provider? {
        let key = ProviderReference(kind: reference.kind, source: reference.source)
        if let known = providers.withLock({ $0[key] }) { return known }
        let provider = try? ProviderChoice().provider(remembered: key)
        providers.withLock { $0[key] = .some(provider) }
        return provider
    }
}
