/// The name of the machine or folder that an environment lives on; the same rules as for ``EnvironmentName``.
public struct InstanceName: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.isDashedName else {
            throw InvalidValue(kind: "instance name", text: text, rule: String.dashedNameRule, example: "env-my-env")
        }
        self.text = text
    }

    /// The usual name, `env-` and the environment's name; of a name that is too long for that, its beginning and a
    /// checksum of all of it.
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
