import EnvironmentDomain
import Testing

/// Runs `body`, which must throw a repository's error, and returns that error.
func refusal<Result>(
    of body: () async throws -> Result, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> RepositoryError {
    var refusal: RepositoryError?
    do {
        _ = try await body()
    } catch let error as RepositoryError {
        refusal = error
    }
    return try #require(refusal, "it did not end with an error", sourceLocation: sourceLocation)
}
