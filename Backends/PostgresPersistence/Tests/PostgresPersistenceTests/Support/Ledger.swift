import EnvironmentDomain
import Foundation
import Persistence
import PostgresPersistence
import Testing

/// The journal entries of worker processes about their saves.
struct Ledger {
    var sent: Set<String> = []
    var saved: Set<String> = []
    /// The number of times that two commands worked on one environment.
    var together = 0
    var failures: [String: Int] = [:]

    init(_ folder: String, _ name: EnvironmentName) throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: folder)
        where file.hasPrefix("\(name).") && file.hasSuffix(".journal") {
            for line in try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                switch words.first {
                case "sent": sent.insert(words[1])
                case "saved": saved.insert(words[1])
                case "failed": failures[words.last ?? "", default: 0] += 1
                default: together += 1
                }
            }
        }
    }

    /// Compares the journals with the repository.
    func expectAllIn(_ repository: PostgresEnvironmentRepository, _ name: EnvironmentName) async throws {
        #expect(together == 0, "two commands worked on one environment")
        let history = try #require(try await repository.history(of: name))
        #expect(history.flaws.isEmpty)
        let stored = Set(history.lines.flatMap { [$0.event] + $0.missed }.map(\.commandID.text))
        #expect(saved.subtracting(stored).isEmpty, "acknowledged saves are lost")
        #expect(stored.subtracting(sent).isEmpty, "there are saves that nobody sent")
        #expect(history.lines.map(\.serial) == Array(1...max(1, history.lines.count)))
        #expect(try await repository.load(name)?.serial == history.lines.last?.serial)
    }
}
