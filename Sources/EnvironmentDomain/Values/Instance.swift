/// The machine or folder that provisioning made; a part of the environment's state from ``Provisioned`` on.
public struct Instance: Hashable, Sendable {
    /// The address of the instance.
    public let address: InstanceAddress

    public init(address: InstanceAddress) {
        self.address = address
    }
}

extension Instance: StoredForm {
    public func store(in members: StoredMemberWriter) throws {
        try members.write(address, as: "address")
    }

    public init(stored members: StoredMemberReader) throws {
        address = try members.required("address")
    }
}

/// An IPv4 address, an IPv6 address or a host name, of at most 253 characters.
public struct InstanceAddress: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        let first: ASCIISet = [.lower, .upper, .digits, .colon]
        guard text.consists(of: first, then: [first, .dot, .dash, .percent, .underscore], length: 1...253) else {
            throw InvalidValue(
                kind: "instance address", text: text, rule: "an IPv4 or IPv6 address or a host's name",
                example: "10.0.0.7")
        }
        self.text = text
    }
}
