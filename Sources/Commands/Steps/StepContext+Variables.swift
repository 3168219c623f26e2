import OperatingSystem

extension StepContext {
    @TaskLocal private static var added: [String: String] = [:]

    /// The environment variables that programs get beside those of their step and of this process.
    static var addedVariables: [String: String] { added }

    /// Runs `operation` and adds environment variables to every program that a step starts in it.
    ///
    /// They carry facts of a ``CommandInstrument``, such as `TRACEPARENT`, and replace no other variable.
    ///
    /// - Parameters:
    ///   - variables: The values by name. A name is not empty and contains no `=`; no text contains a zero character.
    ///   - operation: The work whose programs get the variables.
    public static func withVariables<Result>(
        _ variables: [String: String], operation: nonisolated(nonsending) () async throws -> Result
    ) async rethrows -> Result {
        for (name, value) in variables {
            precondition(
                !name.isEmpty && !name.has("=") && !name.has("\0") && !value.has("\0"),
                "\(name) and its value are no environment variable")
        }
        return try await $added.withValue(added.merging(variables) { $1 }, operation: operation)
    }
}
