import EnvironmentDomain

extension String {
    /// The text on one line, with nothing that a terminal would take for a command.
    public var onOneLine: String { withoutControlCharacters }

    /// A line that a program printed, as a terminal would show it in the end, with nothing that commands the terminal.
    public var asPrintedLine: String { asPrinted }
}

/// What is wrong with a JSON text, in words for people and without the names of types.
public func reason(of error: DecodingError) -> String { error.plainWords() }
