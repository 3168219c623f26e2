import EnvironmentDomain

extension String {
    /// The word that this one was probably meant to be; nil when none is near.
    public func nearest(in words: [String]) -> String? { nearName(in: words) }
}
