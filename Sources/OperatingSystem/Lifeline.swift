import COperatingSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The end of a child whose starter is gone, however that went.
///
/// A small shell in a session of its own reads from a pipe that only the starter can write to; it reaches the pipe's end
/// when the starter dies. Then the child gets SIGTERM, alone, so that it can stop in order what it drives; when it has
/// ended, or when its grace is over, what is left of its session gets SIGKILL. The time at which the child started tells
/// it from a later process with the same number. (`PR_SET_PDEATHSIG` is bound to the thread that started the child and
/// not to the process.)
final class Lifeline: Sendable {
    private let shell: pid_t
    private let end: OpenFile

    /// - Parameters:
    ///   - child: a child of this process that leads a session and is not reaped yet.
    ///   - grace: how long it has after SIGTERM.
    init(of child: pid_t, grace: Duration) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try check("pipe", "a lifeline") { unsafe os_pipe(&ends) }
        let reading = OpenFile(descriptor: ends[0], path: "a lifeline")
        end = OpenFile(descriptor: ends[1], path: "a lifeline")
        let isShown = ProcessFacts.isShown
        // The fields of /proc/PID/stat behind the command's name: the state is the first, the start the 20th.
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

    /// Ends the watch, once, when the child has ended.
    func cut() {
        _ = kill(shell, SIGKILL)
        var exited = false
        var code: Int32 = 0
        _ = unsafe os_reap(shell, &exited, &code)
    }
}
