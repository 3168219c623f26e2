public import Commands
public import EnvironmentDomain
import OpenTofuProvider
import Synchronization

/// The providers of one run of a program: its own ones, the local one, and those with steps in files, each of which is
/// read once.
public final class Providers: Sendable {
    /// The program's own providers, which are written in Swift.
    public let own: [Provider]
    private let read = Mutex<[Source: Result<Provider, any Error>]>([:])

    /// The place that a provider's steps are read from.
    struct Source: Hashable {
        let kind: ProviderKind
        let path: String
        var tofu: String?
        var sshTimeout: Duration?
    }

    public init(own: [Provider] = []) { self.own = own }

    /// The provider of an environment that is created without naming one.
    var standard: Provider { own.first ?? .local }

    /// Returns the program's own provider with a name; `nil` for none.
    func own(_ kind: String) -> Provider? { own.first { $0.reference.kind.text == kind } }

    /// Returns the provider whose steps are in a file or a folder.
    func provider(_ source: Source) throws -> Provider {
        if let known = read.withLock({ $0[source] }) { return try known.get() }
        let result = Result {
            source.kind == .workflow
                ? try Provider.workflowFile(source.path)
                : try Provider.opentofu(
                    infrastructure: source.path, program: source.tofu,
                    patience: source.sshTimeout.map { SSHPatience(answer: $0) } ?? SSHPatience())
        }
        read.withLock { $0[source] = result }
        return try result.get()
    }

    /// Returns the stored provider of an environment; `nil` when its steps cannot be read.
    private func remembered(_ reference: ProviderReference) -> Provider? {
        // A command that needs the steps reports why they cannot be read.
        try? ProviderChoice().provider(remembered: reference, in: self)
    }

    /// Returns the steps of a phase, in order; `nil` when the steps cannot be read.
    public func steps(of phase: Phase, of reference: ProviderReference) -> [StepName]? {
        remembered(reference)?.steps(of: phase).map(\.name)
    }

    /// Returns the number of steps of a command; `nil` when the steps cannot be read, or when the command has none.
    public func count(_ command: CommandName, of reference: ProviderReference) -> Int? {
        guard let phase = Phase(command) else { return nil }
        return steps(of: phase, of: reference)?.count
    }

    /// Returns the interrupted step that runs again only after a confirmation; `nil` for none, and when the steps
    /// cannot be read.
    public func unrepeatableStep(of environment: AnyEnvironmentState) -> StepName? {
        guard environment.unfinishedCommand != nil, environment.failure == nil else { return nil }
        return remembered(environment.context.provider)?.unrepeatableStep(of: environment)
    }
}
