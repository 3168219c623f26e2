import EnvironmentDomain
import EnvironmentRepositoryConformance
import Foundation
import Persistence
import Testing

/// The repositories that must behave in the same way.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case file, memory

    var testDescription: String { rawValue }
}

/// Tests that the repositories keep their promises, and that the checks detect a broken promise.
@Suite(.silentLog)
struct RepositoryContractTests {
    @Test(arguments: Backend.allCases, RepositoryConformance.checks)
    func aRepositoryKeepsEveryPromise(_ backend: Backend, _ check: ConformanceCheck) async throws {
        try await withTemporaryFolder { folder in
            try await check.run { lockTimeout in
                switch backend {
                case .file: try TestFiles(folder, lockTimeout: lockTimeout).repository
                case .memory: try InMemoryEnvironmentRepository(lockTimeout: lockTimeout)
                }
            }
        }
    }

    @Test(arguments: RepositoryConformance.checks)
    func aRepositoryThatBreaksAPromiseIsFoundOut(_ check: ConformanceCheck) async throws {
        let flaw = try #require(BrokenRepository.Flaw.allCases.first { $0.rawValue == check.promise })
        let error = await #expect(throws: BrokenPromise.self) {
            try await check.run { lockTimeout in try BrokenRepository(flaw, lockTimeout: lockTimeout) }
        }
        #expect(error.map { "\($0)".hasPrefix("Not kept: \(check.promise) (") } == true)
    }

    @Test func everyPromiseHasANameOfItsOwn() {
        #expect(Set(RepositoryConformance.checks.map(\.promise)).count == RepositoryConformance.checks.count)
        #expect(RepositoryConformance.checks.count == BrokenRepository.Flaw.allCases.count)
    }

    @Test(arguments: LifecycleState.allCases)
    func aStateWithAnyTextInItLoadsAsItWasSaved(_ state: LifecycleState) async throws {
        try await withFileRepository { files in
            for seed in 1...8 {
                let environment = try Sample.environment(state, seed: UInt64(seed))
                try await files.repository.save(environment)
                #expect(try await files.repository.load(files.name)?.document == environment)
            }
        }
    }

    @Test func askingForANameThatWasNeverSavedMakesNoFolder() async throws {
        try await withFileRepository { files in
            _ = try await files.repository.load(files.name)
            try await files.repository.delete(files.name)
            #expect(!exists(files.repository.workspace(for: files.name).root.text))
        }
    }
}
