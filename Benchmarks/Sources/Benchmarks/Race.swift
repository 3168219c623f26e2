import CPeers
import Foundation

/// Something that is measured: does its work once and says how long that took (nanoseconds).
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

/// Runs every contestant once a round, in an order drawn at random each time, so that what the machine does beside it falls
/// on all of them alike, and nobody always follows the same neighbour.
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

/// A call of a C peer that failed.
struct PeerError: Error, CustomStringConvertible {
    let description: String
}

func check(_ result: Int32, _ what: String) throws {
    if result != 0 {
        throw PeerError(description: "\(what) failed at line \(result): \(String(cString: strerror(errno)))")
    }
}
