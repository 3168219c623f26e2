import EnvironmentDomain

/// Which environments may have changed.
enum StoreChange: Equatable, Sendable {
    case some(Set<EnvironmentName>)
    case anything

    static let nothing = StoreChange.some([])

    mutating func formUnion(_ other: StoreChange) {
        switch (self, other) {
        case (.some(let names), .some(let others)): self = .some(names.union(others))
        default: self = .anything
        }
    }
}
