/// What makes and changes the instances of an environment: `local`, `workflow`, `opentofu` or a tool's own word.
public struct ProviderKind: LiteralText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.isIdentifier else {
            throw InvalidValue(kind: "provider", text: text, rule: String.identifierRule, example: "local")
        }
        self.text = text
    }

    /// A folder and a process on this machine.
    public static let local = ProviderKind("local")
    /// Steps from a workflow file.
    public static let workflow = ProviderKind("workflow")
    /// OpenTofu or Terraform and Ansible.
    public static let opentofu = ProviderKind("opentofu")
}
