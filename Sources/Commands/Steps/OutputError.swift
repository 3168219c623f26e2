import EnvironmentDomain

/// An error for an output that is missing or not of its key's type.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The output's name.
    public let key: String
    /// The stored text; `nil` when the output was not set.
    public let text: String?
    private let type: String

    init(key: String, text: String?, type: Any.Type) {
        self.key = key
        self.text = text
        self.type = "\(type)"
    }

    /// A sentence with the key, the stored text and the expected type.
    public var description: String {
        guard let text else { return "the output \(key) was not set" }
        let shown = text.count > 200 ? "\(text.prefix(200))…" : text
        return "the output \(key) is \(shown.quotedAsJSON), which is no \(type)"
    }
}
