import Foundation
import OperatingSystem
import Testing

/// Work beside what its owner does.
struct ParallelWorkTests {
    @Test(arguments: [true, false])
    func theResultIsThereForWhoeverAsksAndTheWorkIsDoneOnce(_ isAhead: Bool) async {
        let tally = Tally()
        let work = ParallelWork(isAhead: isAhead) {
            tally.add()
            return 42
        }
        #expect(work.result == 42)
        #expect(work.result == 42)
        #expect(tally.count == 1)
    }

    @Test func workThatNobodyAsksForIsDoneOnlyAhead() async throws {
        let ahead = Tally()
        let never = Tally()
        let works = [ParallelWork(isAhead: true) { ahead.add() }, ParallelWork(isAhead: false) { never.add() }]
        while ahead.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(never.count == 0)
        #expect(works.count == 2)
    }
}
