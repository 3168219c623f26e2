import OperatingSystem

extension StepContext {
    @TaskLocal private static var added: [String: String] = [:]

    /// The environment variables that programs get beside those of their step and of this process.
    static var addedVariables: [String: String] { added }

    /// Runs `operation` so that every program which a step starts in it gets these environment variables too.
    ///
    /// They are for what a ``CommandInstrument`` knows, such as `TRACEPARENT`, and take the place of no other variable.
    ///
    /// - Parameter variables: The values by name; a name is not empty and has no `=`, and nothing has a zero character.
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
