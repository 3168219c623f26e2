import EnvironmentDomain

extension String {
    /// The text on one line, without anything that a terminal would execute.
    public var onOneLine: String { withoutControlCharacters }

    /// A printed line as a terminal would finally show it, without anything that a terminal would execute.
    public var asPrintedLine: String { asPrinted }
}

/// Returns what is wrong with a JSON text, in words for people and without names of types.
public func reason(of error: DecodingError) -> String { error.plainWords() }
