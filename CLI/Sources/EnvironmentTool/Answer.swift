import CommandLineProgram

/// What a command has to say on standard output.
struct Answer: Sendable {
    /// Lines for people.
    var lines: [String]
    /// The same for programs.
    var json: any Encodable & Sendable
    /// What is wrong in spite of the answer, a sentence on standard error each.
    var failures: [Failure]

    /// The message and the next command when a signal stopped the command; the answer is what was done before.
    var interruption: (message: String, next: String?)?

    init(_ lines: [String], json: any Encodable & Sendable, failure: Failure? = nil) {
        self.init(lines, json: json, failures: [failure].compactMap(\.self))
    }

    init(_ lines: [String], json: any Encodable & Sendable, failures: [Failure]) {
        self.lines = lines
        self.json = json
        self.failures = failures
    }

    /// The failure of a command about one environment.
    var failure: Failure? { failures.first }

    func write(json isJSON: Bool) {
        if isJSON { StandardOutput.write(json: Versioned(json)) } else { StandardOutput.write(lines) }
    }
}

extension [Failure] {
    /// The exit codes from what a person may leave for later to what needs one at once.
    private static var severity: [Failure.Code] {
        [.drift, .usage, .notFound, .toolMissing, .held, .wrongState, .stepFailed, .notSaved, .damaged, .bug]
    }

    /// The exit code of the worst; 0 for none.
    var worstCode: Int32 {
        map(\.code).max { left, right in Self.rank(left) < Self.rank(right) } ?? 0
    }

    /// That of a signal is the worst.
    private static func rank(_ code: Int32) -> Int {
        severity.firstIndex { $0.rawValue == code } ?? severity.count
    }
}
