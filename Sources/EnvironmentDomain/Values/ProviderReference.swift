/// The provider that an environment was made with, remembered so that a later run uses the same.
public struct ProviderReference: Hashable, Sendable {
    public let kind: ProviderKind
    /// Where its steps come from, for example the path of a workflow file.
    public let source: AbsolutePath?
    /// The checksum of what its steps were when they were last used.
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
