import CommandLineProgram

/// What a command has to say on standard output.
struct Answer: Sendable {
    /// Lines for people.
    var lines: [String]
    /// The same for programs.
    var json: any Encodable & Sendable
    /// What is wrong in spite of the answer: its exit code, and its sentence on standard error.
    var failure: Failure?

    /// The message and the next command when a signal stopped the command; the answer is what was done before.
    var interruption: (message: String, next: String?)?

    init(_ lines: [String], json: any Encodable & Sendable, failure: Failure? = nil) {
        self.lines = lines
        self.json = json
        self.failure = failure
    }

    func write(json isJSON: Bool) {
        if isJSON { StandardOutput.write(json: Versioned(json)) } else { StandardOutput.write(lines) }
    }
}
