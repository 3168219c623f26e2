import CPeers
import Foundation

/// A contestant, which runs its work once and returns the time that it took (nanoseconds).
struct Contestant {
    let name: String
    let run: () async throws -> UInt64

    init(reporting name: String, _ run: @escaping () async throws -> UInt64) {
        self.name = name
        self.run = run
    }

    init(_ name: String, _ body: @escaping () async throws -> Void) {
        self.init(reporting: name) { try await timed(body) }
    }
}

func timed(_ body: () async throws -> Void) async rethrows -> UInt64 {
    let start = peer_now()
    try await body()
    return peer_now() - start
}

/// Runs every contestant once in each round, in a random order, so that other load on the machine affects all of them
/// and none always follows the same one.
func race(rounds: Int, warmUp: Int = 10, _ contestants: [Contestant]) async throws -> [String: Series] {
    var results = Dictionary(uniqueKeysWithValues: contestants.map { ($0.name, Series(name: $0.name)) })
    var random = SplitMix64(state: 1)
    for round in 0..<(rounds + warmUp) {
        for contestant in contestants.shuffled(using: &random) {
            let time = try await contestant.run()
            if round >= warmUp { results[contestant.name]?.samples.append(time) }
        }
    }
    return results
}

/// An error for a call of a C peer that failed.
struct PeerError: Error, CustomStringConvertible {
    let description: String
}

func check(_ result: Int32, _ what: String) throws {
    if result != 0 {
        throw PeerError(description: "\(what) failed at line \(result): \(String(cString: strerror(errno)))")
    }
}
