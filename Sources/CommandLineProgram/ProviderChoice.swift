public import Commands
public import EnvironmentDomain
import OpenTofuProvider

/// The provider that a command line names, if any.
public struct ProviderChoice: Hashable, Sendable {
    /// The name `local`, `workflow` (which also needs a file) or `opentofu` (which also needs a folder).
    public var provider: String?
    /// The path of a workflow file.
    public var workflow: String?
    /// The path of a folder with `.tf` files and playbooks.
    public var infrastructure: String?
    /// The path of the program `tofu` or `terraform`.
    public var tofu: String?
    /// The time that provisioning waits for hosts to answer on SSH; `nil` for the default.
    public var sshTimeout: Duration?

    /// Creates a choice.
    ///
    /// - Throws: ``UsageError`` when the options contradict each other.
    public init(
        provider: String? = nil, workflow: String? = nil, infrastructure: String? = nil, tofu: String? = nil
    ) throws(UsageError) {
        for (option, value) in [("--workflow", workflow), ("--infrastructure", infrastructure), ("--tofu", tofu)]
        where value?.isEmpty == true {
            throw UsageError(description: "\(option) needs a value and not an empty text")
        }
        if workflow != nil, let provider, provider != "workflow" {
            throw UsageError(description: "--workflow and --provider \(provider) exclude each other")
        }
        if workflow != nil && (infrastructure != nil || tofu != nil) {
            throw UsageError(description: "--workflow and --infrastructure or --tofu exclude each other")
        }
        if infrastructure != nil || tofu != nil, let provider, provider != "opentofu" {
            throw UsageError(description: "--infrastructure and --tofu need --provider opentofu and not \(provider)")
        }
        self.provider = provider
        self.workflow = workflow
        self.infrastructure = infrastructure
        self.tofu = tofu
    }

    /// The command-line options for this value.
    public var words: [String] {
        [
            ("--provider", provider), ("--workflow", workflow), ("--infrastructure", infrastructure), ("--tofu", tofu),
        ].flatMap { option, value in value.map { [option, $0] } ?? [] }
    }

    /// Returns the named provider; `nil` for none.
    public func named(in providers: Providers = Providers()) throws -> Provider? {
        if let workflow { return try providers.provider(Providers.Source(kind: .workflow, path: workflow)) }
        if let infrastructure { return try providers.provider(openTofu(infrastructure)) }
        switch provider {
        case nil, "workflow"?, "opentofu"?: return nil
        case "local"?: return .local
        case let name?:
            if let own = providers.own(name) { return own }
            let names = providers.own.map(\.reference.kind.text) + ["local"]
            throw UsageError(
                description: "there is no provider \(name); use \(names.joined(separator: ", ")), --workflow FILE or "
                    + "--infrastructure DIR")
        }
    }

    /// Returns the named provider; otherwise the stored one, the program's first own one, or the local one.
    ///
    /// - Parameters:
    ///   - remembered: The stored provider; `nil` for a new environment.
    ///   - build: The environment's build folder, which contains a copy of the last used infrastructure folder; `nil`
    ///     to ignore it.
    ///   - providers: The providers of the program.
    public func provider(
        remembered: ProviderReference?, build: String? = nil, in providers: Providers = Providers()
    ) throws -> Provider {
        if let named = try named(in: providers) { return named }
        if let remembered {
            if let own = providers.own(remembered.kind.text) { return own }
            if let provider = try provider(remembered, build, providers) { return provider }
        }
        if provider == "workflow" { throw UsageError(description: "--provider workflow needs --workflow FILE") }
        if provider == "opentofu" || tofu != nil {
            throw UsageError(description: "--provider opentofu and --tofu PATH need --infrastructure DIR")
        }
        guard let kind = remembered?.kind else { return providers.standard }
        guard kind == .local else {
            throw UsageError(
                description: "the environment was made with the provider \(kind), which this program does not have")
        }
        return .local
    }

    private func openTofu(_ folder: String) -> Providers.Source {
        Providers.Source(kind: .opentofu, path: folder, tofu: tofu, sshTimeout: sshTimeout)
    }

    /// Returns the provider whose steps are in a file or folder; `nil` for any other.
    private func provider(
        _ remembered: ProviderReference, _ build: String?, _ providers: Providers
    ) throws -> Provider? {
        guard let source = remembered.source?.text else { return nil }
        do {
            switch remembered.kind {
            case .workflow: return try providers.provider(Providers.Source(kind: .workflow, path: source))
            case .opentofu: return try providers.provider(openTofu(source))
            default: return nil
            }
        } catch let error as WorkflowFileError {
            throw Failure(
                .usage, "invalid_workflow",
                "The environment was made with this workflow file. \(error.description) Put it back, or name another with "
                    + "--workflow FILE.")
        } catch let error as InfrastructureError {
            throw Failure(
                .usage, "invalid_infrastructure",
                "The environment was made with this infrastructure folder. \(error.description) "
                    + (error.isMissing
                        ? "Put it back"
                            + (build.map { " (its copy: \(Provider.copying(build: $0, to: source)))" } ?? "")
                        : "Fix that") + ", or name another with --infrastructure DIR.")
        }
    }
}
