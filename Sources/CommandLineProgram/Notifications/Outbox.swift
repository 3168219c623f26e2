import Commands
public import EnvironmentDomain
import OperatingSystem

/// Tells targets what happens to environments.
///
/// What a save causes is in the log with the save, so that no kill loses it; a durable cursor for each environment and target
/// says what was delivered. A notice is delivered at least once, with an identifier that stays the same. A target that has no
/// cursor yet is told what happens from then on.
public struct Outbox: Sendable {
    private let repository: any EnvironmentArchive
    private let targets: [NotificationTarget]
    private let generator: String

    /// Describes an outbox.
    ///
    /// - Parameters:
    ///   - repository: Where the environments are.
    ///   - targets: Who is told.
    ///   - generator: The program, as a webhook is told its sender.
    public init(_ repository: any EnvironmentArchive, targets: [NotificationTarget], generator: String) {
        self.repository = repository
        self.targets = targets
        self.generator = generator
    }

    /// Whether nobody is to be told anything.
    public var isEmpty: Bool { targets.isEmpty }

    /// What became of the notices of one environment for one target.
    public struct Delivery: Sendable {
        public let environment: EnvironmentName
        public let target: String
        /// The number of notices that were delivered.
        public var delivered = 0
        /// Why the rest was not; `nil` when there is none.
        public var failure: String?
    }

    /// Makes sure that everything which happens to an environment from now on will be delivered.
    ///
    /// - Returns: why it cannot be; `nil` when it will be.
    public func begin(_ name: EnvironmentName) async -> String? {
        for target in targets {
            do {
                try await withBlockingThread {
                    let folder = try ownFolder(of: name)
                    guard try DeliveryCursor.read(target.cursorName, in: folder) == nil else { return }
                    let stored = try await repository.load(name)
                    try DeliveryCursor(lineage: stored?.lineage, serial: stored?.serial ?? 0)
                        .put(at: target.cursorName, in: folder)
                }
            } catch {
                return Self.words(error)
            }
        }
        return nil
    }

    /// Delivers what has not been delivered of environments, as far as the time allows.
    ///
    /// - Parameters:
    ///   - names: The environments, the most important first.
    ///   - deadline: The time at which delivery stops; `nil` for none.
    ///   - isUrgent: Whether to retry notices whose last attempt failed a short time ago.
    /// - Returns: One result for each environment and target with a notice to deliver.
    public func deliver(
        _ names: [EnvironmentName], until deadline: ContinuousClock.Instant? = nil, isUrgent: Bool = false
    ) async -> [Delivery] {
        var deliveries: [Delivery] = []
        for name in names {
            if let deadline, ContinuousClock.now >= deadline { break }
            deliveries += await withTaskGroup(of: Delivery?.self) { group in
                // A target that hangs does not delay the others.
                for target in targets {
                    group.addTask { await deliver(name, to: target, until: deadline, isUrgent: isUrgent) }
                }
                return await group.reduce(into: []) { if let delivery = $1 { $0.append(delivery) } }
            }
        }
        return deliveries.sorted { ($0.environment, $0.target) < ($1.environment, $1.target) }
    }

    /// Records that drift was found, to be delivered with the next delivery.
    public func add(drift count: Int, of stored: StoredEnvironment) async -> String? {
        let name = stored.document.name
        for target in targets where target.events.contains(.drift) {
            do {
                try await withLock(target, of: name, timeout: .seconds(5)) { folder in
                    var cursor =
                        try DeliveryCursor.read(target.cursorName, in: folder)
                        ?? DeliveryCursor(lineage: stored.lineage, serial: stored.serial)
                    cursor.follow(stored)
                    cursor.drift.append(DeliveryCursor.Drift(serial: stored.serial, at: .now(), count: count))
                    try cursor.put(at: target.cursorName, in: folder)
                }
            } catch {
                return Self.words(error)
            }
        }
        return nil
    }

    /// Removes what is known of an environment that is not stored any more.
    public func forget(_ name: EnvironmentName) async {
        try? await withBlockingThread {
            guard try await repository.load(name) == nil, let parent = parentPath(of: path(of: name)) else { return }
            try Folder(parent).removeTree(name.text)
        }
    }

    // MARK: Stuck notices

    /// What a target has not been told although it was tried.
    public struct Backlog: Sendable {
        public let target: String
        /// A sentence for people.
        public let message: String
    }

    /// Returns what cannot be delivered of an environment.
    public func backlog(of name: EnvironmentName) async -> [Backlog] {
        var found: [Backlog] = []
        for target in targets {
            do {
                try await withBlockingThread {
                    guard try Folder.exists(path(of: name)) else { return }
                    let folder = try Folder(path(of: name))
                    guard let cursor = try DeliveryCursor.read(target.cursorName, in: folder) else { return }
                    try folder.checkOwned()
                    try folder.checkWritable()
                    guard let trouble = cursor.trouble else { return }
                    let count = try await notices(of: name, behind: cursor, for: target).reduce(0) {
                        $0 + $1.notices.count
                    }
                    found.append(
                        Backlog(
                            target: target.name,
                            message:
                                "\(count) notification\(count == 1 ? "" : "s") to \(target.name) cannot be delivered since "
                                + "\(trouble.since) (\(trouble.attempts) attempt\(trouble.attempts == 1 ? "" : "s")): "
                                + "\(trouble.reason)."))
                }
            } catch {
                found.append(
                    Backlog(
                        target: target.name,
                        message: "Notifications to \(target.name) cannot be delivered: \(Self.words(error))."))
            }
        }
        return found
    }

    // MARK: One target

    private func deliver(
        _ name: EnvironmentName, to target: NotificationTarget, until deadline: ContinuousClock.Instant?, isUrgent: Bool
    ) async -> Delivery? {
        var delivery = Delivery(environment: name, target: target.name)
        do {
            guard let stored = try await repository.load(name) else { return nil }
            // Another process that delivers to this target may have begun before the newest save, so wait for it.
            let patience = deadline.map { max(.zero, $0 - .now) } ?? target.timeout
            try await withLock(target, of: name, timeout: patience) { folder in
                guard var cursor = try DeliveryCursor.read(target.cursorName, in: folder) else {
                    try DeliveryCursor(lineage: stored.lineage, serial: stored.serial)
                        .put(at: target.cursorName, in: folder)
                    return
                }
                let before = cursor
                cursor.follow(stored)
                guard cursor.serial < stored.serial || !cursor.drift.isEmpty else { return }
                if !isUrgent, let trouble = cursor.trouble, Timestamp.now() < trouble.retryAt { return }
                for batch in try await notices(of: name, behind: cursor, for: target) {
                    for notice in batch.notices {
                        let left = deadline.map { min(target.timeout, $0 - .now) } ?? target.timeout
                        guard left > .zero else { return try cursor.put(at: target.cursorName, in: folder) }
                        let sender = NoticeSender(target: target, generator: generator, folder: folder)
                        if let reason = try await sender.send(notice, timeout: left) {
                            cursor.fail(reason, at: .now())
                            delivery.failure = reason
                            return try cursor.put(at: target.cursorName, in: folder)
                        }
                        delivery.delivered += 1
                        cursor.trouble = nil
                    }
                    batch.advance(&cursor)
                    if !batch.notices.isEmpty { try cursor.put(at: target.cursorName, in: folder) }
                }
                if cursor != before { try cursor.put(at: target.cursorName, in: folder) }
            }
        } catch {
            delivery.failure = Self.words(error)
        }
        return delivery.delivered == 0 && delivery.failure == nil ? nil : delivery
    }

    /// The notices of one save, or of one finding of drift, and what it means that they are delivered.
    private struct Batch {
        let notices: [Notice]
        /// The save; `nil` for drift.
        let serial: Int?

        func advance(_ cursor: inout DeliveryCursor) {
            if let serial { cursor.serial = serial } else { cursor.drift.removeFirst() }
        }
    }

    /// What a target has not been told of an environment, the oldest first.
    private func notices(
        of name: EnvironmentName, behind cursor: DeliveryCursor, for target: NotificationTarget
    ) async throws(RepositoryError) -> [Batch] {
        var batches: [Batch] = []
        for line in try await repository.historyLines(of: name) ?? [] where line.serial > cursor.serial {
            let state = Notice.needsState(line) ? try await repository.state(of: name, at: line.serial) : nil
            let all = Notice.notices(of: line, in: name, lineage: cursor.lineage, state?.document)
            batches.append(Batch(notices: all.filter { target.events.contains($0.event) }, serial: line.serial))
        }
        return batches
            + cursor.drift.map { drift in
                Batch(
                    notices: [
                        .drift(drift.count, of: name, lineage: cursor.lineage, serial: drift.serial, at: drift.at)
                    ], serial: nil)
            }
    }

    private func withLock(
        _ target: NotificationTarget, of name: EnvironmentName, timeout: Duration,
        _ body: (Folder) async throws -> Void
    ) async throws {
        try await withBlockingThread {
            let folder = try ownFolder(of: name)
            guard let lock = try await FileLock.acquire("\(target.name).lock", in: folder, timeout: timeout) else {
                throw OutboxError(reason: "another process delivers to \(target.name) at this time")
            }
            defer { try? lock.release() }
            try await body(folder)
        }
    }

    /// Makes the folder of an environment's cursors; one of another user is left alone, who could not write to it any more.
    private func ownFolder(of name: EnvironmentName) throws(SystemError) -> Folder {
        let folder = try Folder.making(path(of: name))
        try folder.checkOwned()
        return folder
    }

    /// The folder of an environment's cursors: outside of its own, which has what belongs to the environment, and under a
    /// name that no environment has.
    private func path(of name: EnvironmentName) -> String {
        let root = repository.workspace(for: name).root.text
        return "\(parentPath(of: root) ?? root)/.notifications/\(name)"
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as SystemError: "\(error.subject): \(error.reasonAndWayOut())"
        case let error as RepositoryError: error.message
        default: "\(error)"
        }
    }
}

extension NotificationTarget {
    /// The name of the target's file.
    fileprivate var cursorName: String { "\(name).json" }
}
