/// The name of the kind of a provider: `local`, `workflow`, `opentofu` or a name of your own.
public struct ProviderKind: LiteralText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.isIdentifier else {
            throw InvalidValue(kind: "provider", text: text, rule: String.identifierRule, example: "local")
        }
        self.text = text
    }

    /// The provider that makes a folder and a process on this machine.
    public static let local = ProviderKind("local")
    /// The provider whose steps come from a workflow file.
    public static let workflow = ProviderKind("workflow")
    /// The provider that uses OpenTofu or Terraform, and Ansible.
    public static let opentofu = ProviderKind("opentofu")
}
