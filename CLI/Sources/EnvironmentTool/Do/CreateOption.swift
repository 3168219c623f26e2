import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

/// The option that lets a command make an environment that is not there, so that a typing mistake makes none.
struct CreateOption: ParsableArguments, Sendable {
    @Flag(name: .customLong("create"), help: "Create the environment when there is none of this name.")
    var isGiven = false
}

extension Session {
    /// The error of a command that could create the environment and was not told to.
    func notCreated(_ name: EnvironmentName) async throws -> Failure {
        let missing = try await notFound(name)
        return Failure(
            .notFound, missing.kind, "\(missing.message) To create \(name), add --create.",
            next: Invocation.adding(["--create"], to: words))
    }
}
