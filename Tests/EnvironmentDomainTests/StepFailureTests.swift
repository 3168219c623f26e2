import EnvironmentDomain
import Testing

@Suite("A step's failure")
struct StepFailureTests {
    @Test(
        "has the measured duration, which is never negative when the clock was set back",
        arguments: [
            (started: 1000, failed: 3500, measured: nil, milliseconds: 2500), (5000, 1000, nil, 0),
            (5000, 1000, Duration.milliseconds(42), 42), (1000, 9_000_000, .milliseconds(42), 42),
        ] as [(started: Int64, failed: Int64, measured: Duration?, milliseconds: Int)])
    func duration(started: Int64, failed: Int64, measured: Duration?, milliseconds: Int) throws {
        let failure = StepFailure(
            failedStep: StepName("a"), errorKind: "exit_status", summary: "exited with status 1",
            startedAt: Timestamp(millisecondsSince1970: started), failedAt: Timestamp(millisecondsSince1970: failed),
            duration: measured, attempts: 1, traceID: .random(), traceFile: nil)
        #expect(failure.durationMilliseconds == milliseconds)
    }
}
