import Testing

/// A command line, its exit code and a word that its output must contain.
struct Invocation: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let code: Int32
    let saying: String

    init(_ arguments: [String], _ code: Int32, _ saying: String = "") {
        self.arguments = arguments
        self.code = code
        self.saying = saying
    }

    var testDescription: String { arguments.joined(separator: " ") }
}
