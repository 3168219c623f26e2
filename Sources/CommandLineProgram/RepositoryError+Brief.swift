public import EnvironmentDomain

extension RepositoryError {
    /// The first sentence of the message, with the names of files in the environment's folder instead of their paths.
    ///
    /// - Parameter folder: the environment's folder; `nil` when it is not known.
    public func brief(in folder: String?) -> String {
        let short = folder.map { message.replacing("\($0)/", with: "") } ?? message
        return short.firstRange(of: ". ").map { String(short[..<$0.lowerBound]) } ?? short
    }
}
