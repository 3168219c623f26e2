import EnvironmentDomain

extension String {
    /// Returns the word that this one was probably meant to be; `nil` for none.
    public func nearest(in words: [String]) -> String? { nearName(in: words) }
}
