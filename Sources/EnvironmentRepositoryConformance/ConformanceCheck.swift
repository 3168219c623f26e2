public import EnvironmentDomain

/// A promise of every repository, and the check for it.
public struct ConformanceCheck: Sendable, CustomStringConvertible {
    /// A function that returns an empty repository with the given lock timeout.
    public typealias MakeRepository =
        @Sendable (_ lockTimeout: Duration) async throws -> any EnvironmentRepository

    /// The promise, as a sentence.
    public let promise: String
    private let lockTimeout: Duration
    private let body: @Sendable (Trial) async throws -> Void

    init(
        _ promise: String, lockTimeout: Duration = .seconds(300),
        _ body: @escaping @Sendable (Trial) async throws -> Void
    ) {
        self.promise = promise
        self.lockTimeout = lockTimeout
        self.body = body
    }

    /// Checks the promise on a new repository; log records of the check are discarded.
    ///
    /// - Throws: ``BrokenPromise`` when the promise is broken, or the error of `make`.
    public func run(_ make: MakeRepository) async throws {
        let repository = try await make(lockTimeout)
        try await reportingBrokenPromise(promise) { try await body(Trial(repository)) }
    }

    public var description: String { promise }
}

/// An error for a promise that an implementation does not keep.
public struct BrokenPromise: Error, CustomStringConvertible {
    public let promise: String
    /// The observation that contradicts the promise.
    public let detail: String

    public var description: String { "Not kept: \(promise) (\(detail))" }
}

/// Runs a check, discards its log records, and converts its failure to a ``BrokenPromise``.
func reportingBrokenPromise(_ promise: String, _ body: () async throws -> Void) async throws {
    try await EnvironmentLog.withHandler({ _ in }) {
        do {
            try await body()
        } catch let error as NotKept {
            throw BrokenPromise(promise: promise, detail: error.detail)
        } catch {
            throw BrokenPromise(promise: promise, detail: "ended with \(error)")
        }
    }
}

/// A failed check.
struct NotKept: Error {
    let detail: String
}

/// Throws when a check's condition does not hold.
func require(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
    guard holds else { throw NotKept(detail: detail()) }
}
