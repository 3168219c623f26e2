extension DecodingError {
    /// Returns the place in the JSON text and what is wrong there, in words for people and without names of types.
    ///
    /// - Parameter top: The name of the outermost value; `nil` when the surrounding sentence names it.
    package func plainWords(top: String? = nil) -> String {
        let (path, reason): ([any CodingKey], String) =
            switch self {
            case .keyNotFound(let key, let context): (context.codingPath, "\"\(key.stringValue)\" is missing")
            case .typeMismatch(let type, let context): (context.codingPath, "\(Self.name(of: type)) is expected")
            case .valueNotFound(let type, let context):
                (context.codingPath, "\(Self.name(of: type)) is expected, and not null")
            case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
            @unknown default: ([], "\(self)")
            }
        let place = path.isEmpty ? top : Self.place(path)
        return place.map { "\($0): \(reason)" } ?? reason
    }

    /// Returns a path as text, such as `provision[0].retries`.
    package static func place(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [Any].Type: "an array"
        case is [String: Any].Type: "an object"
        default: "another kind of value"
        }
    }
}
