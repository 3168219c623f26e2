import EnvironmentDomain

extension RepositoryConformance {
    static let storing = [
        ConformanceCheck("A name that was never saved loads as nil") { trial in
            try require(try await trial.repository.load(trial.name) == nil, "something was loaded")
        },
        ConformanceCheck("Asking for a name that was never saved creates nothing") { trial in
            _ = try await trial.repository.load(trial.name)
            try require(try await !trial.repository.exists(trial.name), "the name exists")
            try require(try await trial.repository.holder(of: trial.name) == nil, "somebody holds it")
            try require(try await trial.repository.names() == [], "there are names")
        },
        ConformanceCheck("Every state loads as it was saved") { trial in
            for state in LifecycleState.allCases {
                let environment = try trial.specimen(state)
                try await trial.repository.save(environment)
                try require(try await trial.repository.load(trial.name)?.document == environment, "\(state) did not")
            }
        },
        ConformanceCheck("A saved name exists") { trial in
            try await trial.save()
            try require(try await trial.repository.exists(trial.name), "it does not")
        },
        ConformanceCheck("Names are sorted") { trial in
            for name in ["b", "c", "a", "a-1"] { try await trial.save(try EnvironmentName(name)) }
            let names = try await trial.repository.names().map(\.text)
            try require(names == ["a", "a-1", "b", "c"], "\(names)")
        },
        ConformanceCheck("The serial grows by one with each save, and the lineage stays") { trial in
            var lineages: Set<Lineage?> = []
            for serial in 1...4 {
                try await trial.save()
                let stored = try await trial.repository.load(trial.name)
                try require(stored?.serial == serial, "\(stored?.serial ?? 0) after \(serial) saves")
                lineages.insert(stored?.lineage)
            }
            try require(lineages.count == 1 && !lineages.contains(nil), "\(lineages.count) lineages, or none")
        },
        ConformanceCheck("A save under a lease is seen by the lease and by whoever loads") { trial in
            try await trial.repository.withLease(trial.name, for: .run) { lease in
                for serial in 1...3 {
                    let saved = try await lease.save(trial.specimen(), event: trial.event())
                    try require(saved.serial == serial, "serial \(saved.serial) and not \(serial)")
                    try require(try await lease.stored == saved, "the lease has something else")
                    try require(try await trial.repository.load(trial.name) == saved, "something else was loaded")
                }
            }
        },
        ConformanceCheck("A save carries its event and the checksum of the line before") { trial in
            try await trial.repository.withLease(trial.name, for: .run) { lease in
                let event = trial.event()
                let first = try await lease.save(trial.specimen(), event: event)
                let second = try await lease.save(trial.specimen(), event: trial.event())
                try require(first.line?.event == event, "the event is another")
                try require(first.line?.previous == nil, "the first line has one before it")
                try require(second.line?.previous != nil, "the second line has none before it")
            }
        },
        ConformanceCheck("A lease refuses the state of another environment") { trial in
            try await trial.repository.withLease(trial.name, for: .run) { lease in
                try await trial.refusal(.wrongEnvironment) {
                    try await lease.save(trial.specimen(of: trial.other), event: trial.event())
                }
                try require(try await lease.stored == nil, "it was stored")
            }
        },
        ConformanceCheck("Loading needs no lease", lockTimeout: .zero) { trial in
            let environment = try await trial.save()
            try await trial.repository.withLease(trial.name, for: .run) { _ in
                try require(try await trial.repository.load(trial.name)?.document == environment, "it was not loaded")
            }
        },
    ]

    static let deleting = [
        ConformanceCheck("Deleting twice is deleting once, and leaves nothing") { trial in
            try await trial.save()
            try await trial.repository.delete(trial.name)
            try await trial.repository.delete(trial.name)
            try require(try await !trial.repository.exists(trial.name), "the name exists")
            try require(try await trial.repository.load(trial.name) == nil, "something was loaded")
            try require(try await trial.repository.names() == [], "there are names")
        },
        ConformanceCheck("An environment that is made again has another lineage and begins at one") { trial in
            try await trial.save()
            try await trial.save()
            let first = try await trial.repository.load(trial.name)
            try await trial.repository.delete(trial.name)
            try await trial.save()
            let second = try await trial.repository.load(trial.name)
            try require(first?.lineage != second?.lineage, "the lineage is the same")
            try require(second?.serial == 1, "the serial is \(second?.serial ?? 0)")
        },
        ConformanceCheck("A delete under a lease is seen by the lease") { trial in
            try await trial.save()
            try await trial.repository.withLease(trial.name, for: .purge) { lease in
                try await lease.delete()
                try require(try await lease.stored == nil, "something is stored")
                let saved = try await lease.save(trial.specimen(), event: trial.event())
                try require(saved.serial == 1, "the next serial is \(saved.serial)")
            }
        },
    ]
}
