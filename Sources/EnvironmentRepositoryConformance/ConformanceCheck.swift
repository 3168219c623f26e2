public import EnvironmentDomain

/// One promise that every repository makes, and the way to find out whether one keeps it.
public struct ConformanceCheck: Sendable, CustomStringConvertible {
    /// Makes an empty repository whose leases wait that long.
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

    /// Tries the promise on a repository that was just made; what that logs is not shown.
    ///
    /// - Throws: ``BrokenPromise`` when it is not kept, or what `make` throws.
    public func run(_ make: MakeRepository) async throws {
        let repository = try await make(lockTimeout)
        try await reportingBrokenPromise(promise) { try await body(Trial(repository)) }
    }

    public var description: String { promise }
}

/// A promise that a repository does not keep.
public struct BrokenPromise: Error, CustomStringConvertible {
    public let promise: String
    /// What was seen instead.
    public let detail: String

    public var description: String { "Not kept: \(promise) (\(detail))" }
}

/// Runs a check, and shows nothing of what it logs.
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

/// What a check found.
struct NotKept: Error {
    let detail: String
}

/// Ends a check that did not find what was promised.
func require(_ holds: Bool, _ detail: @autoclosure () -> String) throws {
    guard holds else { throw NotKept(detail: detail()) }
}
