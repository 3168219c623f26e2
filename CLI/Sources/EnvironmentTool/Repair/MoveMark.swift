import EnvironmentDomain

/// The reason of the freeze that a move to another store leaves on an environment.
struct MoveMark: Hashable, Sendable {
    /// Where the environment lives now.
    let location: String

    private static let start = "moved to "

    init(location: String) { self.location = location }

    /// Reads the mark of a freeze; `nil` for any other freeze, and for one that holds no more.
    init?(_ freeze: Freeze) {
        guard freeze.holds(), freeze.reason.utf8.starts(with: Self.start.utf8) else { return nil }
        location = String(freeze.reason.dropFirst(Self.start.count))
    }

    var reason: String { Self.start + location }
}
