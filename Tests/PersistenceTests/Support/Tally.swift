import Synchronization

/// A counter that several tasks can change.
final class Tally: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .acquiring) }

    @discardableResult
    func add(_ other: Int = 1) -> Int { number.add(other, ordering: .acquiringAndReleasing).newValue }
}
