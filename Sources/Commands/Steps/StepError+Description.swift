import EnvironmentDomain

// The one thing of Foundation that the standard library does not have: what other libraries' errors say to people.
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension StepError {
    /// Describes any error that a step threw, on one line: a `StepError` as it is, another one by its `LocalizedError`
    /// description where it has one, with the kind `error`.
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

    /// What an error says to people: its localized description where it has one.
    static func text(of error: any Error) -> String {
        (error as? any LocalizedError)?.errorDescription ?? "\(error)"
    }
}
