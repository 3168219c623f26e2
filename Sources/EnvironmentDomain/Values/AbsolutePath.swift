/// An absolute path of a file or folder, which need not exist.
///
/// It starts with a slash, is shorter than 4096 bytes and contains no control character.
public struct AbsolutePath: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count < 4096,
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) || !text.unicodeScalars.contains(where: \.isControl)
        else {
            throw InvalidValue(
                kind: "absolute path", text: text,
                rule: "it starts with a slash, is shorter than 4096 bytes and holds no control character",
                example: "/srv/example")
        }
        self.text = text
    }

    /// Creates the absolute form of a path; a relative path starts at the current folder.
    ///
    /// - Throws: ``InvalidValue`` for an empty text, and for a relative path when the current folder is unknown.
    public init(resolving path: String) throws(InvalidValue) {
        try self.init(Machine.current.absolutePath(path))
    }

    /// Returns the path of an entry in this folder.
    package func appending(_ name: some ValidatedText) -> AbsolutePath {
        AbsolutePath(known: text == "/" ? "/\(name)" : "\(text)/\(name)")
    }

    /// Returns the path of an entry in this folder, for a name that is known to be valid.
    func appending(_ path: StaticString) -> AbsolutePath { AbsolutePath(known: "\(text)/\(path)") }

    private init(known text: String) { self.text = text }
}
