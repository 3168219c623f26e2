import EnvironmentDomain
import OperatingSystem

extension RepositoryConformance {
    static let leasing = [
        ConformanceCheck(
            "A second lease fails after the timeout and not before, and names the holder",
            lockTimeout: .milliseconds(200)
        ) { trial in
            let run = CommandRun()
            let first = try await trial.lease(.configure, run: run)
            let start = ContinuousClock.now
            let error = try await trial.refusal(.lockAcquisitionFailed) { try await trial.lease() }
            let waited = ContinuousClock.now - start
            await first.release()
            try require(waited >= .milliseconds(200), "it waited \(waited)")
            try require(error.holder?.pid == ThisProcess.identifier, "the holder's process is not named")
            try require(error.holder?.command == .configure, "the holder's command is not named")
            try require(error.holder?.commandID == run.id, "the holder's run is not named")
        },
        ConformanceCheck("A timeout of zero tries once", lockTimeout: .zero) { trial in
            let first = try await trial.lease()
            try await trial.refusal(.lockAcquisitionFailed) { try await trial.lease() }
            await first.release()
            await (try trial.lease()).release()
        },
        ConformanceCheck("A released environment is free at once", lockTimeout: .zero) { trial in
            for _ in 0..<50 { await (try trial.lease()).release() }
        },
        ConformanceCheck("A second release does not free the lease of another", lockTimeout: .zero) { trial in
            let first = try await trial.lease(.provision)
            await first.release()
            let second = try await trial.lease(.configure)
            await first.release()
            await first.note(.run, CommandRun(), step: StepName("late"))
            let holder = try await trial.repository.holder(of: trial.name)
            await second.release()
            try require(holder?.command == .configure && holder?.step == nil, "the holder is \(holder, or: "nobody")")
        },
        ConformanceCheck("A released lease changes nothing") { trial in
            try await trial.save()
            let before = try await trial.repository.load(trial.name)
            let lease = try await trial.lease()
            await lease.release()
            try await trial.refusal(.lockLost) { try await lease.save(trial.specimen(), event: trial.event()) }
            try await trial.refusal(.lockLost) { try await lease.delete() }
            try require(try await trial.repository.load(trial.name) == before, "something was changed")
        },
        ConformanceCheck("A body that throws releases its lease", lockTimeout: .zero) { trial in
            do {
                try await trial.repository.withLease(trial.name, for: .run) { _ in throw CancellationError() }
                throw NotKept(detail: "the error was lost")
            } catch is CancellationError {
                await (try trial.lease()).release()
            }
        },
        ConformanceCheck("A lease waits until the other is released") { trial in
            let first = try await trial.lease()
            let released = Tally()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    let second = try await trial.lease()
                    let wasReleased = released.count == 1
                    await second.release()
                    try require(wasReleased, "it did not wait")
                }
                try await Task.sleep(for: .milliseconds(50))
                released.add()
                await first.release()
                try await group.waitForAll()
            }
        },
        ConformanceCheck("Cancelling a task that waits ends it at once", lockTimeout: .seconds(86_400)) { trial in
            let first = try await trial.lease()
            let waiting = Task { try await trial.lease() }
            try await Task.sleep(for: .milliseconds(30))
            waiting.cancel()
            let end = await waiting.result
            await first.release()
            try await trial.refusal(.cancelled) { try end.get() }
        },
        ConformanceCheck("A cancelled task gets no lease even when it is free") { trial in
            let task = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                _ = try await trial.lease()
            }
            try await trial.refusal(.cancelled) { try await task.value }
            try require(try await trial.repository.holder(of: trial.name) == nil, "somebody holds it")
        },
        ConformanceCheck("Different environments never wait for each other", lockTimeout: .zero) { trial in
            let first = try await trial.lease()
            let second = try await trial.lease(of: trial.other)
            try await second.save(trial.specimen(of: trial.other), event: trial.event())
            await second.release()
            await first.release()
        },
        ConformanceCheck("The holder is known while the lease is held") { trial in
            let run = CommandRun()
            let lease = try await trial.lease(.release, run: run)
            let step = StepName("copy_files")
            await lease.note(.release, run, step: step)
            let holder = try await trial.repository.holder(of: trial.name)
            await lease.release()
            try require(holder?.pid == ThisProcess.identifier, "its process is not")
            try require(holder?.command == .release && holder?.commandID == run.id, "its command is not")
            try require(holder?.step == step, "its step is not")
            try require(try await trial.repository.holder(of: trial.name) == nil, "somebody still holds it")
        },
    ]

    static let contending = [
        ConformanceCheck("Ten savers and ten loaders see whole states only, and no save is lost") { trial in
            try await withThrowingTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask { _ = try await trial.save() }
                    group.addTask { for _ in 0..<20 { _ = try await trial.repository.load(trial.name) } }
                }
                try await group.waitForAll()
            }
            let serial = try await trial.repository.load(trial.name)?.serial
            try require(serial == 10, "\(serial ?? 0) saves are there")
        },
        ConformanceCheck("Of eight tasks that contend never two are inside") { trial in
            let inside = Tally()
            let rounds = Tally()
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await trial.repository.withLease(trial.name, for: .run) { _ in
                                let count = inside.add()
                                await Task.yield()
                                rounds.add()
                                inside.add(-1)
                                try require(count == 1, "\(count) were")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try require(rounds.count == 80, "not all came in")
        },
    ]
}

extension DefaultStringInterpolation {
    fileprivate mutating func appendInterpolation<Value>(_ value: Value?, or nothing: String) {
        if let value { appendInterpolation(value) } else { appendLiteral(nothing) }
    }
}
