/// A resource and what is to be done with it.
public struct PlannedChange: Codable, Hashable, Sendable {
    /// The resource's address, for example `aws_instance.web`.
    public let address: String
    /// `create`, `update`, `replace`, `delete` or another word of the tool's.
    public let action: String
}
