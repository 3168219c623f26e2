extension String {
    /// The text as one quoted word of a shell's command line.
    package var quotedForShell: String {
        if !isEmpty && utf8.allSatisfy(Self.plainInShell.contains) { return self }
        return "'" + parts(at: "'", omittingEmpty: false).joined(separator: "'\\''") + "'"
    }

    private static let plainInShell = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:@%+,".utf8)
}
