import CommandLineProgram
import EnvironmentDomain
import Testing

@testable import EnvironmentPage

@Suite("The runs of a history")
struct RunHistoryTests {
    @Test("Events of one run of a command are one run, with the steps and how they ended")
    func grouping() throws {
        let history = try #require(try Samples.failed().history)
        #expect(history.runs.map(\.command) == [.create, .provision, .release])
        let release = try #require(history.runs.last)
        #expect(release.steps.map(\.name) == ["pack", "fetch"])
        #expect(release.steps.map(\.ending) == [.completed, .failed])
        #expect(release.steps.map(\.attempts) == [2, 3])
        #expect(release.firstSerial == 6)
        #expect(release.progressSerial == 11)
        #expect(history.runs.map { $0.outcome(isHeld: false) } == [.completed, .completed, .failed])
    }

    @Test(
        "The result of a run is told by its last event",
        arguments: [
            ([(HistoryEvent.Change.transition(from: .created, to: .provisioning))], RecordedRun.Outcome.interrupted),
            ([.transition(from: .created, to: .provisioning), .step("make", .started)], .interrupted),
            ([.step("make", .started), .step("make", .interrupted)], .interrupted),
            ([.step("make", .started), .step("make", .completed)], .interrupted),
            ([.step("make", .started), .step("make", .failed)], .failed),
            (
                [
                    .step("make", .started), .step("make", .completed),
                    .transition(from: .provisioning, to: .provisioned),
                ],
                .completed
            ),
            ([.transition(from: .configured, to: .configured)], .completed),
            ([.saved], .completed),
        ])
    func outcome(changes: [HistoryEvent.Change], expected: RecordedRun.Outcome) throws {
        let lines = try changes.enumerated().map { index, change in
            try Samples.line(index + 1, run: 1, .provision, change, at: Double(index))
        }
        let run = try #require(RunHistory(lines).runs.first)
        #expect(run.outcome(isHeld: false) == expected)
        #expect(run.outcome(isHeld: true) == (expected == .failed ? .failed : .working))
    }

    @Test("A running environment's run is complete when its state says that its steps are")
    func finished() throws {
        var history = RunHistory([
            try Samples.line(1, run: 1, .run, .transition(from: .released, to: .running), at: 0),
            try Samples.line(2, run: 1, .run, .step("start", .started), at: 0),
            try Samples.line(3, run: 1, .run, .step("start", .completed), at: 1),
        ])
        #expect(history.runs[0].outcome(isHeld: false) == .interrupted)
        history.add(
            try Samples.document(
                "web", .running,
                details: """
                    {"instance": {"address": "10.0.0.7"}, "progress": {"command_id": "\(try Samples.run(1))",
                    "started_at": "\(Samples.moment(0))", "finished_at": "\(Samples.moment(1))", "completed": [
                    {"attempts": 4, "finished_at": "\(Samples.moment(1))", "name": "start",
                    "started_at": "\(Samples.moment(0))"}]}}
                    """))
        #expect(history.runs[0].outcome(isHeld: false) == .completed)
        #expect(history.runs[0].steps.map(\.attempts) == [4])
    }

    @Test("An event whose own save failed is shown with the save that made it good")
    func missed() throws {
        let lost = HistoryEvent(
            at: Samples.moment(1), command: .provision, commandID: try Samples.run(1), change: .step("make", .completed)
        )
        let history = RunHistory([
            try Samples.line(1, run: 1, .provision, .step("make", .started), at: 0),
            try Samples.line(2, run: 1, .provision, .step("check", .started), at: 1, missed: [lost]),
        ])
        #expect(history.runs.count == 1)
        #expect(history.runs[0].hasUnsavedEvent)
        #expect(history.runs[0].steps.map(\.ending) == [.completed, nil])
    }

    @Test(
        "A duration is said in the unit that fits",
        arguments: [
            (0.004, "0.00 s"), (0.32, "0.32 s"), (12.7, "12 s"), (125, "2 min 5 s"), (7800, "2 h 10 min"),
            (273_600, "3 d 4 h"),
            (-5, "0 s"),
        ])
    func durations(seconds: Double, text: String) {
        #expect(Duration.seconds(seconds).inWords == text)
    }
}
