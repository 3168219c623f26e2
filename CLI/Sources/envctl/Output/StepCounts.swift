import CommandLineProgram
import Commands
import EnvironmentDomain
import Synchronization

/// How many steps a command of an environment's provider has; a workflow file is read once for all environments.
final class StepCounts: Sendable {
    private let providers = Mutex<[ProviderReference: Provider?]>([:])

    /// Nil when the provider's steps cannot be read.
    func count(_ command: CommandName, of reference: ProviderReference) -> Int? {
        let key = ProviderReference(kind: reference.kind, source: reference.source)
        if let known = providers.withLock({ $0[key] }) { return known?[command].steps.count }
        let provider = try? ProviderChoice().provider(remembered: key)
        providers.withLock { $0[key] = .some(provider) }
        return provider?[command].steps.count
    }
}
