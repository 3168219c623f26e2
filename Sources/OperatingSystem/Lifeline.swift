import COperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What tells a child that its starter is gone, however that went.
///
/// A small shell in the child's group reads from a pipe that only the starter can write to; it comes to the pipe's end
/// when the starter dies. Then the child gets SIGTERM, alone, so that it can stop in order what it drives; what is left
/// of the group when it has ended, or when its grace is over, gets SIGKILL. While the shell is in the group nobody else
/// gets the group's number, which is the child's. (`PR_SET_PDEATHSIG` is bound to the thread that started the child and
/// not to the process.)
final class Lifeline: Sendable {
    private let shell: pid_t
    private let end: OpenFile

    /// - Parameters:
    ///   - child: a child of this process that leads its group and is not reaped yet.
    ///   - grace: how long it has after SIGTERM.
    init(of child: pid_t, grace: Duration) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try check("pipe", "a lifeline") { unsafe os_pipe(&ends) }
        let reading = OpenFile(descriptor: ends[0], path: "a lifeline")
        end = OpenFile(descriptor: ends[1], path: "a lifeline")
        let script = """
            trap '' HUP INT TERM
            read -r _ <&3
            kill -TERM \(child)
            left=\(Int(grace.seconds * 10))
            while [ $left -gt 0 ] && kill -0 \(child); do sleep 0.1; left=$((left - 1)); done
            sleep 0.2
            kill -KILL 0
            """
        let nowhere = try OpenFile("/dev/null", .appendCreating)
        shell = try spawn(
            ["/bin/sh", "-c", script], environment: ["PATH=/usr/bin:/bin"], output: nowhere, errors: nowhere,
            inherited: [reading.descriptor], group: child)
    }

    /// Ends the watch, once, when the child has ended.
    ///
    /// Afterwards the shell is no part of the child's group any more.
    func cut() {
        _ = kill(shell, SIGKILL)
        var exited = false
        var code: Int32 = 0
        _ = unsafe os_reap(shell, &exited, &code)
    }
}
