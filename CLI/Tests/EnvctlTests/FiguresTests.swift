import EnvironmentDomain
import EnvironmentPage
import Foundation
import Persistence
import Testing

@testable import EnvironmentTool

extension Figures {
    fileprivate mutating func add(lines: [HistoryLine]) { add(lines, RunHistory(lines)) }
}

@Suite("Figures")
struct FiguresTests {
    private static func line(
        _ serial: Int, _ run: String, _ change: HistoryEvent.Change, at milliseconds: Int64, missed: [HistoryEvent] = []
    ) throws -> HistoryLine {
        HistoryLine(serial: serial, event: try event(run, change, at: milliseconds), previous: nil, missed: missed)
    }

    private static func event(_ run: String, _ change: HistoryEvent.Change, at milliseconds: Int64) throws
        -> HistoryEvent
    {
        HistoryEvent(
            at: Timestamp(millisecondsSince1970: milliseconds), command: .configure,
            commandID: try CommandID(String(repeating: run, count: 32)), change: change)
    }

    @Test("A save that failed counts as tried when a later one made it good")
    func missed() throws {
        var figures = Figures()
        let step = StepName("a")
        figures.add(lines: [
            try Self.line(1, "1", .step(step, .started), at: 0),
            try Self.line(
                2, "1", .step(step, .failed), at: 5, missed: [try Self.event("1", .step(step, .interrupted), at: 4)]),
        ])
        #expect(figures.saves.attempts == 3 && figures.saves.succeeded == 2 && figures.saves.failed == 1)
        #expect(figures.saves.successRate.map { Int($0 * 300) } == 200)
    }

    @Test("A step's times are those of its completions")
    func durations() throws {
        var figures = Figures()
        let step = StepName("a")
        figures.add(lines: [
            try Self.line(1, "1", .step(step, .started), at: 0),
            try Self.line(2, "1", .step(step, .completed), at: 1000),
            try Self.line(3, "2", .step(step, .started), at: 5000),
            try Self.line(4, "2", .step(step, .completed), at: 8000),
        ])
        let times = try #require(figures.steps.first).times
        #expect(times.mean == .seconds(2) && times.shortest == .seconds(1) && times.longest == .seconds(3))
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(figures.steps)) as? [[String: Any]]
        let first = try #require(json?.first)
        #expect(first["p99_seconds"] as? Double == 3 && first["longest_seconds"] as? Double == 3)
        #expect((first["p50_seconds"] as? Double).map { (1...1 + 1 / 32).contains($0) } == true)
        #expect(figures.resumes == 0 && figures.runs == 2)
    }

    @Test("A step that another run starts again is a resume; a failed one that is retried is none")
    func resumes() throws {
        var figures = Figures()
        let step = StepName("a")
        figures.add(lines: [
            try Self.line(1, "1", .step(step, .started), at: 0),
            try Self.line(2, "2", .step(step, .started), at: 7),
            try Self.line(3, "2", .step(step, .failed), at: 8),
            try Self.line(4, "3", .step(step, .started), at: 9),
        ])
        #expect(figures.resumes == 1)
        #expect(figures.lastResume == Timestamp(millisecondsSince1970: 7))
    }
}
