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

/// A child process that leads its own session and has only the descriptors that it was given.
///
/// The session has no controlling terminal. A program that prompts therefore fails; with a terminal, it would be
/// stopped for not being in the foreground.
///
/// The output goes to a file and never to a pipe: a child whose parent was killed can continue to write, and does not
/// end with SIGPIPE in the middle of its work.
package final class ChildProcess: Sendable {
    package enum End: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package struct Request: Sendable {
        /// The program's absolute path and its arguments.
        package var command: [String]
        /// The complete environment of the child.
        package var environment: [String: String]
        package var workingFolder: String?
        /// The descriptor that becomes standard input; `nil` for an empty one.
        package var input: Int32?
        /// The descriptors that become 3, 4, … in the child.
        package var inherited: [Int32]
        /// The time between SIGTERM and SIGKILL for the child when this process dies; `nil` for a child that lives on.
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

    /// Starts the program with a umask of 077, default signal actions and no blocked signals.
    package convenience init(_ request: Request, output: borrowing OpenFile) throws(SystemError) {
        try self.init(request, output: output, errors: output)
    }

    /// Starts the program with a umask of 077, default signal actions and no blocked signals.
    package init(
        _ request: Request, output: borrowing OpenFile, errors: borrowing OpenFile
    ) throws(SystemError) {
        // posix_spawn cannot set the umask, and the umask of this process is shared by all its threads.
        let child = try spawn(
            ["/bin/sh", "-c", "umask 077; exec \"$@\"", "sh"] + request.command,
            environment: request.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            workingFolder: request.workingFolder, input: request.input, output: output,
            errors: errors, inherited: request.inherited)
        identifier = child
        queue = DispatchQueue(label: "child.\(child)")
        // Without a lifeline the child lives on when this process is killed. The next run finds it by the descriptors
        // it inherited.
        lifeline = request.graceWhenOrphaned.flatMap { try? Lifeline(of: child, grace: $0) }
        watch()
    }

    /// Returns how the child ended, after the rest of its session has ended.
    package func end() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiters.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Stops the session in steps: SIGINT, SIGTERM after `grace`, and SIGKILL after another `lastGrace`.
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

    /// Stops a program that must stop its own children: a signal for the program alone, and SIGKILL for the session
    /// after `grace`.
    package func stopLeader(with number: Int32, grace: Duration) {
        guard beginStopping() else { return }
        state.withLock { state in
            guard !state.isReaped else { return }
            _ = kill(identifier, number)
            // A suspended process receives the signal only when it is continued.
            _ = kill(identifier, SIGCONT)
        }
        queue.asyncAfter(deadline: .now() + grace.seconds) { [weak self] in
            self?.signalSession(SIGKILL)
        }
    }

    /// Returns whether this call is the first to stop the child.
    private func beginStopping() -> Bool {
        state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
    }

    /// Kills the session immediately.
    package func killNow() {
        state.withLock { state in
            state.isStopping = true
            state.isUrgent = true
        }
        signalSession(SIGKILL)
    }

    /// Signals the group and every other group of the session, such as that of `timeout`.
    private func signalSession(_ number: Int32) {
        // As long as the group has a member, its number is not used again. After the leader was reaped, the rest of the
        // group may end between two inspections and its number may be used again within that millisecond. Numbers are
        // assigned in turn, so that this takes as many new processes as the system has numbers.
        state.withLock { state in
            guard state.end == nil else { return }
            _ = kill(-identifier, number)
            let others = othersOfSession
            for process in others { _ = kill(process, number) }
            // A suspended process receives the signal only when it is continued.
            guard number != SIGKILL else { return }
            _ = kill(-identifier, SIGCONT)
            for process in others { _ = kill(process, SIGCONT) }
        }
    }

    /// The stopped process that all other processes of the child wait for; `nil` when one of them can continue without
    /// it.
    ///
    /// Every other process is stopped too, or sleeps and is an ancestor of a stopped process.
    package var stoppedProcess: Int32? {
        let processes = ProcessFacts.all().filter { !$0.hasEnded }
        let parents = Dictionary(processes.map { ($0.identifier, $0.parent) }) { first, _ in first }
        func ancestors(_ process: Int32) -> [Int32] {
            var list: [Int32] = []
            // The processes were read at different moments, so that a cycle is possible.
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

    /// Whether the leader's group has a live process.
    ///
    /// A process that has ended and was not reaped counts as live when the system shows only the group's number.
    private var isGroupAlive: Bool {
        // This process can have adopted members of the group, for example as process 1 of a container; those that have
        // ended are reaped here.
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
                // No descriptor is left, or the kernel is old: a thread waits instead. It is neither this queue's
                // thread, which must be able to stop the child, nor one of the global queue, which shares its threads
                // with the concurrency pool.
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

    /// The time, after the leader's end, in which a process of the group can move to a session of its own.
    ///
    /// Between the `fork` and the `setsid` of `setsid program &` the process still belongs to the group.
    private static let departure = DispatchTimeInterval.milliseconds(200)
    /// The seconds between SIGTERM and SIGKILL for a process in another group of the session.
    private static let lastGrace = 5.0

    /// Ends the rest of the session and waits for its end, so that its locks are free.
    ///
    /// The leader's group is killed. A process in another group gets SIGTERM first.
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
            // As long as the group has a member, no other process gets its number.
            if isLate && isGroupAlive { _ = kill(-identifier, SIGKILL) }
            let isOver = isUrgent || toldAt.map { now >= $0 + Self.lastGrace } ?? false
            if isOver {
                for process in others { _ = kill(process, SIGKILL) }
            } else if isLate && toldAt == nil {
                for process in others {
                    _ = kill(process, SIGTERM)
                    // A suspended process ends only when it is continued.
                    _ = kill(process, SIGCONT)
                }
            }
            let toldAt = toldAt ?? (isLate ? now : nil)
            // A process that SIGKILL does not end within 10 s waits for a device or belongs to another user.
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

/// Starts a program with `os_spawn`.
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
        // The array ends with `nil`, so that it is never empty and has an address.
        guard let address = buffer.baseAddress else { preconditionFailure("an array with an element has an address") }
        return unsafe body(address)
    }
}

private func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let string else { return body(nil) }
    return unsafe string.withCString { unsafe body($0) }
}
