import COperatingSystem
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A child process that leads a session of its own, with only the descriptors it was given.
///
/// The session has no controlling terminal: a program that wants to ask something finds nobody to ask and fails, where
/// it would otherwise be stopped by the terminal for not being in the foreground.
///
/// Its output goes to a file and never to a pipe: a child whose parent was killed keeps writing instead of dying of
/// SIGPIPE in the middle of its work.
package final class ChildProcess: Sendable {
    package enum End: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package struct Request: Sendable {
        /// The program's absolute path and its arguments.
        package var command: [String]
        /// All the environment that the child gets.
        package var environment: [String: String]
        package var workingFolder: String?
        /// The descriptor that becomes the standard input; nil for an empty one.
        package var input: Int32?
        /// Descriptors that become 3, 4, … in the child.
        package var inherited: [Int32]
        /// How long the child has after the SIGTERM that it gets when this process dies; nil for one that lives on.
        package var graceWhenOrphaned: Duration?

        package init(
            command: [String], environment: [String: String], workingFolder: String? = nil, inherited: [Int32] = [],
            graceWhenOrphaned: Duration? = nil
        ) {
            self.command = command
            self.environment = environment
            self.workingFolder = workingFolder
            self.inherited = inherited
            self.graceWhenOrphaned = graceWhenOrphaned
        }
    }

    package let identifier: Int32
    private let queue: DispatchQueue
    private let lifeline: Lifeline?
    private let state = Mutex(State())

    private struct State {
        var end: End?
        var waiters: [CheckedContinuation<End, Never>] = []
        var isStopping = false
        var isUrgent = false
        var isReaped = false
    }

    /// Starts the program with a umask of 077 and signals as a fresh process has them.
    package convenience init(_ request: Request, output: borrowing OpenFile) throws(SystemError) {
        try self.init(request, output: output, errors: output)
    }

    /// Starts the program with a umask of 077 and signals as a fresh process has them.
    package init(
        _ request: Request, output: borrowing OpenFile, errors: borrowing OpenFile
    ) throws(SystemError) {
        // posix_spawn has no umask, and this process's own is shared by all its threads.
        let child = try spawn(
            ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"] + request.command,
            environment: request.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            workingFolder: request.workingFolder, input: request.input, output: output,
            errors: errors, inherited: request.inherited)
        identifier = child
        queue = DispatchQueue(label: "child.\(child)")
        // Without a lifeline the child lives on when this process is killed, and is found by what it inherited.
        lifeline = request.graceWhenOrphaned.flatMap { try? Lifeline(of: child, grace: $0) }
        watch()
    }

    /// The child's end.
    ///
    /// What was left of its session has been ended by then.
    package func end() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiters.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Stops the session in order: one SIGINT, SIGTERM after `grace`, SIGKILL after `lastGrace` more.
    package func stop(grace: Duration, lastGrace: Duration) {
        guard beginStopping() else { return }
        signalSession(SIGINT)
        queue.asyncAfter(deadline: .now() + grace.seconds) { [weak self] in
            self?.signalSession(SIGTERM)
        }
        queue.asyncAfter(deadline: .now() + grace.seconds + lastGrace.seconds) { [weak self] in
            self?.signalSession(SIGKILL)
        }
    }

    /// Stops a program that must end what it drives itself: one signal for it alone, SIGKILL for the session after the
    /// grace.
    package func stopLeader(with number: Int32, grace: Duration) {
        guard beginStopping() else { return }
        state.withLock { state in
            guard !state.isReaped else { return }
            _ = kill(identifier, number)
            // A stopped process gets the signal when it continues.
            _ = kill(identifier, SIGCONT)
        }
        queue.asyncAfter(deadline: .now() + grace.seconds) { [weak self] in
            self?.signalSession(SIGKILL)
        }
    }

    /// Whether nobody has begun to stop it before.
    private func beginStopping() -> Bool {
        state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
    }

    /// Kills the session at once.
    package func killNow() {
        state.withLock { state in
            state.isStopping = true
            state.isUrgent = true
        }
        signalSession(SIGKILL)
    }

    /// Signals the group and every other group of the session, such as that of `timeout`.
    private func signalSession(_ number: Int32) {
        // While somebody is in the group nobody else gets its number. After the leader was reaped the rest of the group
        // may end between two inspections, and the number be given again in that millisecond; numbers are handed out in
        // turn, so that takes as many new processes as the system has numbers.
        state.withLock { state in
            guard state.end == nil else { return }
            _ = kill(-identifier, number)
            let others = othersOfSession
            for process in others { _ = kill(process, number) }
            // A stopped process gets the signal when it continues.
            guard number != SIGKILL else { return }
            _ = kill(-identifier, SIGCONT)
            for process in others { _ = kill(process, SIGCONT) }
        }
    }

    /// A stopped process that everything else which the child started waits for; nil when something can continue without it.
    ///
    /// Everything else is stopped too, or is an ancestor of a stopped process and sleeps.
    package var stoppedProcess: Int32? {
        let processes = ProcessFacts.all().filter { !$0.hasEnded }
        let parents = Dictionary(processes.map { ($0.identifier, $0.parent) }) { first, _ in first }
        func ancestors(_ process: Int32) -> [Int32] {
            var list: [Int32] = []
            // The numbers may be those of different moments, so that a circle is possible.
            while list.count < 100, let parent = parents[list.last ?? process], parent > 1 { list.append(parent) }
            return list
        }
        let own = processes.filter { process in
            process.session == identifier || ancestors(process.identifier).contains(identifier)
        }
        let stopped = own.filter(\.isStopped)
        let waiting = Set(stopped.flatMap { ancestors($0.identifier) })
        let isStill = own.allSatisfy { $0.isStopped || ($0.isAsleep && waiting.contains($0.identifier)) }
        return isStill ? stopped.last?.identifier : nil
    }

    /// The live processes of the session that are not in its leader's group.
    private var othersOfSession: [Int32] {
        ProcessFacts.all().filter { $0.session == identifier && $0.group != identifier && !$0.hasEnded }
            .map(\.identifier)
    }

    /// Whether a live process is in the leader's group.
    ///
    /// One that has ended and was not waited for counts as live where the system shows no more than the group's number.
    private var isGroupAlive: Bool {
        // What ended in the group and was adopted by this process, as process 1 of a container is made to.
        os_reap_adopted(identifier)
        guard kill(-identifier, 0) == 0 else { return false }
        let processes = ProcessFacts.all()
        return processes.isEmpty || processes.contains { $0.group == identifier && !$0.hasEnded }
    }

    private func watch() {
        #if canImport(Darwin)
            let source = DispatchSource.makeProcessSource(identifier: identifier, eventMask: .exit, queue: queue)
        #else
            let descriptor = os_process_descriptor(identifier)
            guard descriptor >= 0 else {
                // No descriptor left, or an old kernel: a waiting thread does the same. Not this queue's, which has to
                // stop the child when it is told to, and not the global queue's, whose threads the concurrency pool has.
                DispatchQueue(label: "child.\(identifier).end").async { [self] in
                    waitForLeader()
                    queue.async { self.reap() }
                }
                return
            }
            let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setCancelHandler { _ = close(descriptor) }
        #endif
        source.setEventHandler { [self] in
            source.cancel()
            reap()
        }
        source.resume()
    }

    private func waitForLeader() {
        var information = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
    }

    private func reap() {
        var exited = false
        var code: Int32 = 0
        let hasEnd = state.withLock { state in
            state.isReaped = true
            return unsafe os_reap(identifier, &exited, &code) == 0
        }
        let end: End = hasEnd ? (exited ? .exited(code) : .signalled(code)) : .signalled(SIGKILL)
        lifeline?.cut()
        settle(end, since: .now())
    }

    /// How long a process of the group has, after its leader's end, to be gone into a session of its own: between the
    /// `fork` and the `setsid` of `setsid program &` it still belongs to the group.
    private static let departure = DispatchTimeInterval.milliseconds(200)
    /// How long a process in another group of the session has after SIGTERM.
    private static let lastGrace = 5.0

    /// Ends what is left of the session and waits for its end, so that the locks it had are free.
    ///
    /// The leader's group is killed. A process in a group of its own gets SIGTERM first.
    private func settle(
        _ end: End, since start: DispatchTime, toldAt: DispatchTime? = nil,
        pause: DispatchTimeInterval = .milliseconds(1)
    ) {
        let isGroupAlive = isGroupAlive
        let others = othersOfSession
        if isGroupAlive || !others.isEmpty {
            let (isStopping, isUrgent) = state.withLock { ($0.isStopping, $0.isUrgent) }
            let now = DispatchTime.now()
            let isLate = isStopping || now >= start + Self.departure
            // No other process gets the group's number while somebody is in the group.
            if isLate && isGroupAlive { _ = kill(-identifier, SIGKILL) }
            let isOver = isUrgent || toldAt.map { now >= $0 + Self.lastGrace } ?? false
            if isOver {
                for process in others { _ = kill(process, SIGKILL) }
            } else if isLate && toldAt == nil {
                for process in others {
                    _ = kill(process, SIGTERM)
                    // A stopped process ends when it continues.
                    _ = kill(process, SIGCONT)
                }
            }
            let toldAt = toldAt ?? (isLate ? now : nil)
            // What SIGKILL does not end within 10 s waits for a device, or belongs to another user.
            let limit = toldAt.map { $0 + (others.isEmpty || isUrgent ? 0 : Self.lastGrace) + 10.0 }
            guard let limit, now >= limit else {
                let next = DispatchTimeInterval.milliseconds(isGroupAlive || toldAt == nil ? 1 : 10)
                queue.asyncAfter(deadline: .now() + pause) { [self] in
                    settle(end, since: start, toldAt: toldAt, pause: next)
                }
                return
            }
        }
        let waiters = state.withLock { state in
            state.end = end
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: end) }
    }
}

/// Starts a program; see `os_spawn`.
func spawn(
    _ words: [String], environment: [String], workingFolder: String? = nil, input: Int32? = nil,
    output: borrowing OpenFile, errors: borrowing OpenFile, inherited: [Int32] = []
) throws(SystemError) -> pid_t {
    var child: pid_t = 0
    let (output, errors) = (output.descriptor, errors.descriptor)
    let number = unsafe withCStrings(words) { arguments in
        unsafe withCStrings(environment) { environment in
            unsafe inherited.withUnsafeBufferPointer { inherited in
                unsafe withOptionalCString(workingFolder) { folder in
                    var raw = unsafe os_spawn_request(
                        program: arguments[0], arguments: arguments, environment: environment,
                        working_folder: folder, input: input ?? -1, output: output, errors: errors,
                        inherited: inherited.baseAddress,
                        inherited_count: Int32(inherited.count))
                    return unsafe os_spawn(&raw, &child)
                }
            }
        }
    }
    guard number == 0 else { throw SystemError(call: "posix_spawn", subject: words[0], number: number) }
    return child
}

private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeBufferPointer { buffer in
        // The array ends with nil, so it is never empty and has an address.
        guard let address = buffer.baseAddress else { preconditionFailure("an array with an element has an address") }
        return unsafe body(address)
    }
}

private func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let string else { return body(nil) }
    return unsafe string.withCString { unsafe body($0) }
}
