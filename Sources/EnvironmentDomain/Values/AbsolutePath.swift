/// An absolute path of a file or folder; nothing is said about whether it exists.
public struct AbsolutePath: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count < 4096,
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) || !text.unicodeScalars.contains(where: \.isControl)
        else {
            throw InvalidValue(
                kind: "absolute path", text: text,
                rule: "it starts with a slash, is shorter than 4096 bytes and holds no control character",
                example: "/home/me/.ssh/id_ed25519")
        }
        self.text = text
    }

    /// The path of an entry in this folder.
    package func appending(_ name: some ValidatedText) -> AbsolutePath {
        AbsolutePath(known: "\(text)/\(name)")
    }

    private init(known text: String) { self.text = text }
}
