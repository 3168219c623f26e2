import CommandLineProgram
import EnvironmentDomain
import EnvironmentPage
import Persistence

/// Reads environments again when they may have changed, and publishes the page.
struct LiveReading: Sendable {
    let session: Session
    /// The environments that are shown; `nil` for all.
    let names: Set<EnvironmentName>?
    let feed: LiveFeed

    /// How often the store is asked what has changed.
    private static let turn = Duration.milliseconds(200)
    /// How often the holder and the log of an environment that is at work are read, which change without a save.
    private static let atWork = Duration.seconds(1)
    /// How often a page is published although nothing has changed, since ages are a part of it.
    private static let ageing = Duration.seconds(5)
    /// How often everything is read, whatever has changed.
    private static let everything = Duration.seconds(60)

    /// What is known of the store.
    fileprivate struct Known {
        var environments: [EnvironmentName: ReportedEnvironment] = [:]
        var readAt: [EnvironmentName: ContinuousClock.Instant] = [:]
        var trouble: LivePage.Trouble?
        var publishedAt: ContinuousClock.Instant?
    }

    /// Reads until the task is cancelled.
    func run() async {
        await EnvironmentLog.withHandler({ _ in }) {
            var source = source
            var known = Known()
            while !Task.isCancelled {
                let start = ContinuousClock.now
                await look(&source, &known)
                // A store of many environments is not looked at all the time.
                let pause = max(Self.turn, (ContinuousClock.now - start) * 2)
                try? await Task.sleep(for: known.trouble == nil ? pause : max(pause, .seconds(1)))
            }
        }
    }

    private var source: any ChangeSource {
        guard let files = session.repository as? FileEnvironmentRepository else {
            return ToldChanges(session.repository)
        }
        return ChangedFiles(files, mayBeAbsent: (session.global.store ?? session.global.namedDataFolder) == nil)
    }

    private func look(_ source: inout any ChangeSource, _ known: inout Known) async {
        do throws(RepositoryError) {
            var change = try await source.changes()
            if known.trouble != nil { change = .anything }
            try await read(change, &known)
            // A store that tells what changes tells nothing when it is gone.
            if known.isAged(Self.ageing) { _ = try await session.repository.names() }
            if known.trouble != nil {
                known.trouble = nil
                known.publishedAt = nil
            }
        } catch {
            guard !Task.isCancelled else { return }
            let reason = error.message
            guard known.trouble?.reason != reason || known.publishedAt == nil else { return }
            known.trouble = LivePage.Trouble(reason: reason, since: known.trouble?.since ?? .now())
            known.publishedAt = nil
        }
        if known.publishedAt == nil || known.isAged(Self.ageing) { publish(&known) }
    }

    private func publish(_ known: inout Known) {
        known.publishedAt = .now
        feed.publish(
            LivePage(
                EnvironmentPage(
                    location: session.repository.location, readAt: .now(),
                    generator: "\(Tool.name) \(Tool.current.version)", environments: Array(known.environments.values)),
                trouble: known.trouble))
    }

    // MARK: Reading

    private func read(_ change: StoreChange, _ known: inout Known) async throws(RepositoryError) {
        let now = ContinuousClock.now
        var wanted: Set<EnvironmentName> = []
        switch change {
        case .anything:
            let all = Set(try await session.repository.names())
            wanted = names.map(all.intersection) ?? all
            for name in known.environments.keys where !wanted.contains(name) { known.remove(name) }
        case .some(let some):
            wanted = names.map(some.intersection) ?? some
            for (name, moment) in known.readAt {
                let limit = known.environments[name]?.holder == nil ? Self.everything : Self.atWork
                if now - moment >= limit { wanted.insert(name) }
            }
        }
        guard !wanted.isEmpty else { return }
        let runs = EnvironmentPage.runs(of: Set(known.environments.keys).union(wanted).count)
        let found = await environments(Array(wanted), runs: runs)
        // What cannot be read is damaged, or the whole store is out of reach.
        if found.contains(where: { $0.standing.error?.code == .readStateFailed }) {
            _ = try await session.repository.names()
        }
        for name in wanted { known.remove(name) }
        for environment in found {
            known.environments[environment.name] = environment
            known.readAt[environment.name] = now
        }
        known.publishedAt = nil
    }

    private func environments(_ names: [EnvironmentName], runs: Int) async -> [ReportedEnvironment] {
        // Read again for each page, since a workflow may be changed while it is shown.
        let providers = Providers(own: session.providers.own)
        let (repository, session) = (session.repository, session)
        return await session.read(names) { name in
            await EnvironmentReading(
                name: name, repository: repository, providers: providers, invocation: session.invocation(name),
                runs: runs
            ).environment()
        }
    }
}

extension LiveReading.Known {
    /// Whether the published page is older than the limit.
    fileprivate func isAged(_ limit: Duration) -> Bool {
        publishedAt.map { ContinuousClock.now - $0 >= limit } ?? false
    }

    fileprivate mutating func remove(_ name: EnvironmentName) {
        environments[name] = nil
        readAt[name] = nil
    }
}
