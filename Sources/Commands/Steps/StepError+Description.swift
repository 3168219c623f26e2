import EnvironmentDomain

// Foundation is needed only for LocalizedError, the descriptions of other libraries' errors for people.
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension StepError {
    /// Creates a one-line description of any error that a step threw.
    ///
    /// A `StepError` keeps its kind. Any other error gets the kind `error`, with its `LocalizedError` description if it
    /// has one.
    ///
    /// - Parameter error: The error.
    public init(describing error: any Error) {
        let error = error as? StepError ?? StepError(kind: .other, summary: Self.text(of: error))
        self.init(
            kind: error.kind, summary: error.summary.withoutControlCharacters, isRetryable: error.isRetryable,
            suggestedActions: error.suggestedActions.map {
                SuggestedAction($0.text.withoutControlCharacters, command: $0.command?.withoutControlCharacters)
            })
    }

    /// Returns the localized description of an error if it has one, and its string representation otherwise.
    static func text(of error: any Error) -> String {
        (error as? any LocalizedError)?.errorDescription ?? "\(error)"
    }
}
