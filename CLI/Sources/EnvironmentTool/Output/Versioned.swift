/// A document of `--json`, with the version of its form.
struct Versioned: Encodable {
    /// Raised when a member changes its meaning or goes; a new member does not raise it.
    static let version = 1

    let content: any Encodable

    init(_ content: any Encodable) { self.content = content }

    private enum CodingKeys: String, CodingKey { case version }

    func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.version, forKey: .version)
    }
}
