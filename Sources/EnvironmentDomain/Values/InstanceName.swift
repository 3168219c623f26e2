/// The name of the machine or folder of an environment, with the same rules as ``EnvironmentName``.
public struct InstanceName: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.isDashedName else {
            throw InvalidValue(kind: "instance name", text: text, rule: String.dashedNameRule, example: "env-my-env")
        }
        self.text = text
    }

    /// Creates the default name: `env-` and the environment's name.
    ///
    /// If that is too long, it is shortened and ends with a checksum of the full name.
    public init(for environment: EnvironmentName) {
        let usual = "env-\(environment)"
        if usual.isDashedName {
            text = usual
        } else {
            var start = usual.prefix(54)
            if start.hasSuffix("-") { start = start.dropLast() }
            text = "\(start)-\(Checksum(of: usual.utf8).digits)"
        }
    }
}
