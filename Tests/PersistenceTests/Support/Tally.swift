import Synchronization

/// A number that several tasks change.
final class Tally: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .acquiring) }

    @discardableResult
    func add(_ other: Int = 1) -> Int { number.add(other, ordering: .acquiringAndReleasing).newValue }
}
