public import Commands
public import EnvironmentDomain
import OpenTofuProvider
import Synchronization

/// The providers that one run of a program knows: its own ones, the local one, and those whose steps are in files, each of
/// which is read once.
public final class Providers: Sendable {
    /// The providers written in Swift that the program brings.
    public let own: [Provider]
    private let read = Mutex<[Source: Result<Provider, any Error>]>([:])

    /// Where a provider's steps are read from.
    struct Source: Hashable {
        let kind: ProviderKind
        let path: String
        var tofu: String?
        var sshTimeout: Duration?
    }

    public init(own: [Provider] = []) { self.own = own }

    /// The provider of an environment that is created without naming one.
    var standard: Provider { own.first ?? .local }

    /// The program's own provider of that name; `nil` when it has none.
    func own(_ kind: String) -> Provider? { own.first { $0.reference.kind.text == kind } }

    /// The provider whose steps are in a file or a folder.
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

    /// The provider that an environment remembers; `nil` when its steps cannot be read.
    private func remembered(_ reference: ProviderReference) -> Provider? {
        // The command line that needs the steps says why they cannot be read.
        try? ProviderChoice().provider(remembered: reference, in: self)
    }

    /// The steps of a phase, in their order; `nil` when the provider's steps cannot be read.
    public func steps(of phase: Phase, of reference: ProviderReference) -> [StepName]? {
        remembered(reference)?.steps(of: phase).map(\.name)
    }

    /// The number of steps of a phase; `nil` when the provider's steps cannot be read, or the command has none.
    public func count(_ command: CommandName, of reference: ProviderReference) -> Int? {
        guard let phase = Phase(command) else { return nil }
        return steps(of: phase, of: reference)?.count
    }

    /// The interrupted step that is run again only when it is confirmed; `nil` for none, and when the provider's steps
    /// cannot be read.
    public func unrepeatableStep(of environment: AnyEnvironmentState) -> StepName? {
        guard environment.unfinishedCommand != nil, environment.failure == nil else { return nil }
        return remembered(environment.context.provider)?.unrepeatableStep(of: environment)
    }
}
