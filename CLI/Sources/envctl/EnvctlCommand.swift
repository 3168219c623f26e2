import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

/// One of the tool's commands: options, and a way to answer them.
protocol EnvctlCommand: AsyncParsableCommand, Sendable {
    var global: GlobalOptions { get }
    /// The environment that it is about; nil for all or none.
    var environmentName: EnvironmentName? { get }

    /// Whether it only reads what is stored, so that a folder that is named and not there is a mistake.
    var readsStore: Bool { get }

    func answer(_ session: Session) async throws -> Answer
}

extension EnvctlCommand {
    var environmentName: EnvironmentName? { nil }
    var readsStore: Bool { true }
}

/// What a command has to say on standard output.
struct Answer: Sendable {
    /// Lines for people.
    var lines: [String]
    /// The same for programs.
    var json: any Encodable & Sendable
    /// What is wrong in spite of the answer: its exit code, and its sentence on standard error.
    var failure: Failure?

    init(_ lines: [String], json: any Encodable & Sendable, failure: Failure? = nil) {
        self.lines = lines
        self.json = json
        self.failure = failure
    }

    func write(json isJSON: Bool) {
        if isJSON { StandardOutput.write(json: json) } else { StandardOutput.write(lines) }
    }
}
