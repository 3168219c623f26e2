public import Commands
public import EnvironmentDomain
import OpenTofuProvider

/// The provider that a command line names, if it names one.
public struct ProviderChoice: Hashable, Sendable {
    /// `local`, `workflow` together with a file, or `opentofu` together with a folder.
    public var provider: String?
    /// The path of a workflow file.
    public var workflow: String?
    /// The path of a folder with `.tf` files and playbooks.
    public var infrastructure: String?
    /// The path of the program `tofu` or `terraform`.
    public var tofu: String?
    /// How long provisioning waits for hosts to answer on SSH; nil for as long as is usual.
    public var sshTimeout: Duration?

    /// - Throws: ``UsageError`` when they contradict each other.
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

    /// The options that say the same once more.
    public var words: [String] {
        [
            ("--provider", provider), ("--workflow", workflow), ("--infrastructure", infrastructure), ("--tofu", tofu),
        ].flatMap { option, value in value.map { [option, $0] } ?? [] }
    }

    /// The provider that is named; nil when none is.
    public func named() throws -> Provider? {
        if let workflow { return try Provider.workflowFile(workflow) }
        if let infrastructure { return try openTofu(infrastructure) }
        switch provider {
        case nil, "workflow"?, "opentofu"?: return nil
        case "local"?: return .local
        case let other?:
            throw UsageError(
                description: "there is no provider \(other); use local, --workflow FILE or --infrastructure DIR")
        }
    }

    /// The provider that is named, or else the one that the environment remembers, or else the local one.
    ///
    /// - Parameters:
    ///   - remembered: what the environment remembers; nil for a new one.
    ///   - build: the environment's build folder, which has a copy of what was last used; nil when it is of no interest.
    public func provider(remembered: ProviderReference?, build: String? = nil) throws -> Provider {
        if let named = try named() { return named }
        if let remembered, let provider = try self.provider(remembered, build: build) { return provider }
        if provider == "workflow" { throw UsageError(description: "--provider workflow needs --workflow FILE") }
        if provider == "opentofu" || tofu != nil {
            throw UsageError(description: "--provider opentofu and --tofu PATH need --infrastructure DIR")
        }
        if let kind = remembered?.kind, kind != .local {
            throw UsageError(
                description: "the environment was made with the provider \(kind), which this program does not have")
        }
        return .local
    }

    private func openTofu(_ folder: String) throws -> Provider {
        try Provider.opentofu(
            infrastructure: folder, program: tofu, patience: sshTimeout.map { SSHPatience(answer: $0) } ?? SSHPatience()
        )
    }

    /// The provider whose steps are in a file or folder; nil for any other.
    private func provider(_ remembered: ProviderReference, build: String?) throws -> Provider? {
        guard let source = remembered.source?.text else { return nil }
        do {
            switch remembered.kind {
            case .workflow: return try Provider.workflowFile(source)
            case .opentofu: return try openTofu(source)
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
