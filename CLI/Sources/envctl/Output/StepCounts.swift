import CommandLineProgram
import Commands
import EnvironmentDomain
import Synchronization

/// How many steps a command of an environment's provider has; a workflow file is read once for all environments.
final class StepCounts: Sendable {
    private let providers = Mutex<[ProviderReference: Provider?]>([:])

    /// Returns the number of steps; `nil` when the provider's steps cannot be read, or the command has none.
    func count(_ command: CommandName, of reference: ProviderReference) -> Int? {
        guard let phase = Phase(command) else { return nil }
        return provider(reference)?.steps(of: phase).count
    }

    private func provider(_ reference: ProviderReference) -> Provider? {
        let key = ProviderReference(kind: reference.kind, source: reference.source)
        if let known = providers.withLock({ $0[key] }) { return known }
        let provider = try? ProviderChoice().provider(remembered: key)
        providers.withLock { $0[key] = .some(provider) }
        return provider
    }
}
