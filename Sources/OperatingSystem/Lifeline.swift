import COperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A watch that ends a child process when its parent has died.
///
/// A small shell in its own session reads from a pipe that only the parent can write to, so that it reaches the end of
/// the pipe when the parent dies. Then the child alone gets SIGTERM, so that it can stop its own children in order.
/// When the child has ended, or after the grace period, the rest of its session gets SIGKILL. The start time
/// distinguishes the child from a later process with the same number. (`PR_SET_PDEATHSIG` depends on the thread that
/// started the child, not on the process.)
final class Lifeline: Sendable {
    private let shell: pid_t
    private let end: OpenFile

    /// Starts the watch of a child.
    ///
    /// - Parameters:
    ///   - child: A child of this process that leads a session and was not reaped yet.
    ///   - grace: The time between SIGTERM and SIGKILL.
    init(of child: pid_t, grace: Duration) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try check("pipe", "a lifeline") { unsafe os_pipe(&ends) }
        let reading = OpenFile(descriptor: ends[0], path: "a lifeline")
        end = OpenFile(descriptor: ends[1], path: "a lifeline")
        let isShown = ProcessFacts.isShown
        // The fields of /proc/PID/stat after the command's name: the state is the first, the start time the 20th.
        let alive =
            isShown
            ? """
            { read -r line < /proc/\(child)/stat && set -- ${line##*)} && [ "$1" != Z ] && \
                [ "${20}" = \(os_process_start(child)) ]; }
            """ : "kill -0 \(child)"
        let rest =
            isShown
            ? """
            for process in /proc/[0-9]*; do
                read -r line < "$process/stat" && set -- ${line##*)} && [ "$4" = \(child) ] &&
                    kill -KILL "${process#/proc/}"
            done
            """ : ""
        let script = """
            trap '' HUP INT TERM
            read -r _ <&3
            \(alive) && kill -TERM \(child)
            left=\(Int(grace.seconds * 10))
            while [ $left -gt 0 ] && \(alive); do sleep 0.1; left=$((left - 1)); done
            sleep 0.2
            kill -KILL -- -\(child)
            \(rest)
            """
        let nowhere = try OpenFile("/dev/null", .appendCreating)
        shell = try spawn(
            ["/bin/sh", "-c", script], environment: ["PATH=/usr/bin:/bin"], output: nowhere, errors: nowhere,
            inherited: [reading.descriptor])
    }

    /// Ends the watch; must be called once, after the child has ended.
    func cut() {
        _ = kill(shell, SIGKILL)
        var exited = false
        var code: Int32 = 0
        _ = unsafe os_reap(shell, &exited, &code)
    }
}
