import EnvironmentDomain
import Foundation
import Persistence
import Testing

/// The repositories that must all behave alike.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case file, memory

    var testDescription: String { rawValue }

    func withRepository<Result>(
        lockTimeout: Duration = .seconds(10), _ body: (any EnvironmentRepository) async throws -> Result
    ) async throws -> Result {
        switch self {
        case .file: try await withFileRepository(lockTimeout: lockTimeout) { try await body($0.repository) }
        case .memory: try await body(InMemoryEnvironmentRepository(lockTimeout: lockTimeout))
        }
    }
}

/// What every repository must do.
@Suite(.silentLog)
struct RepositoryContractTests {
    let name: EnvironmentName
    let other: EnvironmentName

    init() throws {
        name = try EnvironmentName("my-env")
        other = try EnvironmentName("other-env")
    }

    private func lease(
        _ repository: any EnvironmentRepository, _ command: CommandName = .provision, run: CommandRun = CommandRun()
    ) async throws -> any EnvironmentLease {
        try await repository.acquireLease(name, for: command, run: run)
    }

    // MARK: Saving and loading

    @Test(arguments: Backend.allCases)
    func aNameThatWasNeverSavedLoadsAsNil(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            let stored = try await repository.load(name)
            #expect(stored == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func askingForANameThatWasNeverSavedCreatesNothing(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            _ = try await repository.load(name)
            #expect(try await !repository.exists(name))
            #expect(try await repository.holder(of: name) == nil)
            try await repository.delete(name)
            #expect(try await repository.names() == [])
            #expect(!exists(repository.workspace(for: name).root.text))
        }
    }

    @Test(arguments: Backend.allCases, LifecycleState.allCases)
    func everyStateLoadsAsItWasSaved(_ backend: Backend, _ state: LifecycleState) async throws {
        try await backend.withRepository { repository in
            for seed in [nil] + (1...8).map(UInt64.init) {
                let environment = try Sample.environment(state, seed: seed)
                try await repository.save(environment)
                #expect(try await repository.load(name)?.document == environment)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aSavedNameExists(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.save(Sample.environment())
            #expect(try await repository.exists(name))
        }
    }

    @Test(arguments: Backend.allCases)
    func namesAreSorted(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            for name in ["b", "c", "a", "a-1"] { try await repository.save(Sample.environment(name: name)) }
            #expect(try await repository.names().map(\.text) == ["a", "a-1", "b", "c"])
        }
    }

    @Test(arguments: Backend.allCases)
    func deletingTwiceIsDeletingOnce(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.save(Sample.environment())
            try await repository.delete(name)
            try await repository.delete(name)
            #expect(try await !repository.exists(name))
            #expect(try await repository.load(name) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func theSerialGrowsByOneWithEachSaveAndTheLineageStays(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            var stored: [StoredEnvironment] = []
            for _ in 0..<4 {
                try await repository.save(Sample.next())
                stored.append(try #require(try await repository.load(name)))
            }
            #expect(stored.map(\.serial) == [1, 2, 3, 4])
            #expect(Set(stored.map(\.lineage)).count == 1 && stored[0].lineage != nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func savesUnderOneLeaseAreNumberedLikeOthers(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.withLease(name, for: .run) { lease in
                for serial in 1...3 {
                    let saved = try await lease.save(Sample.next(), event: Sample.transition())
                    #expect(saved.serial == serial)
                    #expect(try await lease.stored == saved)
                    #expect(try await repository.load(name) == saved)
                }
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func anEnvironmentMadeAnewHasAnotherLineageAndBeginsAtOne(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.save(Sample.next())
            try await repository.save(Sample.next())
            let first = try #require(try await repository.load(name))
            try await repository.delete(name)
            try await repository.save(Sample.next())
            let second = try #require(try await repository.load(name))
            #expect(first.lineage != second.lineage)
            #expect(second.serial == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func aDeleteUnderALeaseIsSeenByTheLease(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.save(Sample.next())
            try await repository.withLease(name, for: .purge) { lease in
                try await lease.delete()
                #expect(try await lease.stored == nil)
                #expect(try await lease.save(Sample.next(), event: Sample.transition()).serial == 1)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aSaveCarriesItsEventAndTheChecksumOfTheLineBefore(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.withLease(name, for: .provision) { lease in
                let events = try (0..<2).map { _ in try Sample.transition() }
                let first = try await lease.save(Sample.next(), event: events[0])
                let second = try await lease.save(Sample.next(), event: events[1])
                #expect(second.line?.event == events[1])
                #expect(first.line?.previous == nil)
                #expect(second.line?.previous != nil)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aLeaseRefusesTheStateOfAnotherEnvironment(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.withLease(name, for: .provision) { lease in
                let error = try await refusal {
                    try await lease.save(Sample.environment(name: "other-env"), event: Sample.transition())
                }
                #expect(error.code == .wrongEnvironment)
                #expect(try await lease.stored == nil)
            }
        }
    }

    // MARK: Leases

    @Test(arguments: Backend.allCases)
    func aSecondLeaseFailsAfterTheTimeoutAndNotBeforeAndNamesTheHolder(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .milliseconds(200)) { repository in
            let run = CommandRun()
            let first = try await lease(repository, .configure, run: run)
            let start = ContinuousClock.now
            let error = try await refusal { try await lease(repository) }
            let waited = ContinuousClock.now - start
            #expect(error.code == .lockAcquisitionFailed)
            #expect(error.holder?.pid == ProcessInfo.processInfo.processIdentifier)
            #expect(error.holder?.command == .configure)
            #expect(error.holder?.commandID == run.id)
            #expect(waited >= .milliseconds(200) && waited < .seconds(10))
            await first.release()
        }
    }

    @Test(arguments: Backend.allCases)
    func aTimeoutOfZeroTriesOnce(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .zero) { repository in
            let first = try await lease(repository)
            let error = try await refusal { try await lease(repository) }
            #expect(error.code == .lockAcquisitionFailed)
            await first.release()
            await (try lease(repository)).release()
        }
    }

    @Test(arguments: Backend.allCases)
    func aReleasedEnvironmentIsFreeAtOnce(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .zero) { repository in
            for _ in 0..<50 { await (try lease(repository)).release() }
        }
    }

    @Test(arguments: Backend.allCases)
    func aSecondReleaseDoesNotFreeAnotherLease(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .zero) { repository in
            let first = try await lease(repository, .provision)
            await first.release()
            let second = try await lease(repository, .configure)
            await first.release()
            await first.note(.run, CommandRun(), step: try StepName("late"))
            let holder = try await repository.holder(of: name)
            #expect(holder?.command == .configure)
            #expect(holder?.step == nil)
            await second.release()
        }
    }

    @Test(arguments: Backend.allCases)
    func aReleasedLeaseChangesNothing(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            try await repository.save(Sample.next())
            let before = try await repository.load(name)
            let lease = try await lease(repository)
            await lease.release()
            let saving = try await refusal {
                try await lease.save(Sample.next(), event: Sample.transition())
            }
            let deleting = try await refusal { try await lease.delete() }
            #expect(saving.code == .lockLost)
            #expect(deleting.code == .lockLost)
            #expect(try await repository.load(name) == before)
        }
    }

    @Test(arguments: Backend.allCases)
    func aBodyThatThrowsReleasesItsLease(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .zero) { repository in
            await #expect(throws: CocoaError.self) {
                try await repository.withLease(name, for: .run) { _ in throw CocoaError(.featureUnsupported) }
            }
            await (try lease(repository)).release()
        }
    }

    @Test(arguments: Backend.allCases)
    func aLeaseWaitsUntilTheOtherIsReleased(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            let first = try await lease(repository)
            let released = Tally()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    let second = try await lease(repository)
                    #expect(released.count == 1)
                    await second.release()
                }
                try await Task.sleep(for: .milliseconds(50))
                released.add()
                await first.release()
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func cancellingATaskThatWaitsEndsItAtOnce(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .seconds(60)) { repository in
            let first = try await lease(repository)
            let waiting = Task { _ = try await lease(repository) }
            try await Task.sleep(for: .milliseconds(30))
            let start = ContinuousClock.now
            waiting.cancel()
            let error = try await refusal { try await waiting.value }
            let waited = ContinuousClock.now - start
            #expect(error.code == .cancelled)
            #expect(waited < .seconds(10))
            await first.release()
        }
    }

    @Test(arguments: Backend.allCases)
    func aCancelledTaskGetsNoLeaseEvenWhenItIsFree(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            let task = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                _ = try await lease(repository)
            }
            let error = try await refusal { try await task.value }
            #expect(error.code == .cancelled)
            #expect(try await repository.holder(of: name) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func differentEnvironmentsNeverWaitForEachOther(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .zero) { repository in
            let first = try await lease(repository)
            let second = try await repository.acquireLease(other, for: .run, run: CommandRun())
            try await second.save(Sample.environment(name: other.text), event: Sample.transition())
            await second.release()
            await first.release()
        }
    }

    @Test(arguments: Backend.allCases)
    func loadingNeedsNoLease(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .zero) { repository in
            try await repository.save(Sample.environment())
            let lease = try await lease(repository)
            #expect(try await repository.load(name) != nil)
            await lease.release()
        }
    }

    @Test(arguments: Backend.allCases)
    func theHolderIsKnownWhileTheLeaseIsHeld(_ backend: Backend) async throws {
        try await backend.withRepository { repository in
            let run = CommandRun()
            let lease = try await lease(repository, .release, run: run)
            await lease.note(.release, run, step: try StepName("copy_files"))
            let holder = try await repository.holder(of: name)
            #expect(holder?.pid == ProcessInfo.processInfo.processIdentifier)
            #expect(holder?.command == .release)
            #expect(holder?.commandID == run.id)
            #expect(holder?.step?.text == "copy_files")
            await lease.release()
            #expect(try await repository.holder(of: name) == nil)
        }
    }

    // MARK: Many at once

    @Test(arguments: Backend.allCases)
    func tenSaversAndTenLoadersSeeWholeStatesOnly(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .seconds(60)) { repository in
            try await withThrowingTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask { try await repository.save(Sample.next()) }
                    group.addTask { for _ in 0..<20 { _ = try await repository.load(name) } }
                }
                try await group.waitForAll()
            }
            #expect(try await repository.load(name)?.serial == 10)
        }
    }

    @Test(arguments: Backend.allCases)
    func ofEightTasksThatContendNeverTwoAreInside(_ backend: Backend) async throws {
        try await backend.withRepository(lockTimeout: .seconds(60)) { repository in
            let inside = Tally()
            let rounds = Tally()
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await repository.withLease(name, for: .run) { _ in
                                #expect(inside.add() == 1)
                                await Task.yield()
                                rounds.add()
                                inside.add(-1)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(rounds.count == 80)
        }
    }
}
