/// The provider of an environment, stored so that later runs use the same one.
public struct ProviderReference: Hashable, Sendable {
    public let kind: ProviderKind
    /// The path that the steps come from, for example that of a workflow file; `nil` for steps that are part of a program.
    public let source: AbsolutePath?
    /// The checksum of the steps when they were last used; `nil` for none.
    public let digest: Checksum?

    public init(kind: ProviderKind, source: AbsolutePath? = nil, digest: Checksum? = nil) {
        self.kind = kind
        self.source = source
        self.digest = digest
    }
}

extension ProviderReference: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.writeIfPresent(digest, as: "digest")
        try members.write(kind, as: "kind")
        try members.writeIfPresent(source, as: "source")
    }

    public init(stored members: StoredMemberReader) throws {
        digest = try members.optional("digest")
        kind = try members.required("kind")
        source = try members.optional("source")
    }
}
