import EnvironmentDomain

extension String {
    /// The text on one line, with nothing that a terminal would take for a command.
    public var onOneLine: String { withoutControlCharacters }
}
