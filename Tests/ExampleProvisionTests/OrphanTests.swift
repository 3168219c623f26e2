import OperatingSystem
import TestSupport
import Testing

@Suite("A process that a step started", .slow, .serialized)
struct OrphanTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    @Test("that survives a kill of the program delays the next run, which names it")
    func orphan() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "slow",
                "[ -e \"$HOME/second\" ] || { trap '' TERM; touch \"$HOME/second\"; echo $$ > \"$HOME/pid\"; exec sleep 600; }"
            ),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.number("home/pid") != nil }
        try await sandbox.killLeavingOrphan(program)
        let orphan = try #require(sandbox.number("home/pid"))
        #expect(isAlive(orphan))
        let before = try sandbox.state()
        let refused = try await sandbox.run("my-env", "--lock-timeout", "0.3", "--json")
        #expect(refused.code == 75)
        #expect(refused.lastWord.contains("process \(orphan) (sleep 600)"))
        #expect(refused.lastWord.contains("step slow since") && refused.lastWord.contains("kill \(orphan)"))
        let error = try refused.json()["error"]
        #expect(error["code"].integer == 75 && error["kind"].text == "busy" && error["step"].text == "slow")
        #expect(try sandbox.state() == before)
        // The lease was free immediately, and is free again.
        #expect(try await sandbox.run("my-env", "--status", "--json").json()["holder"] == .null)

        let waiting = try sandbox.start(["my-env", "--lock-timeout", "500"])
        try await wait(for: "the next run to wait") {
            waiting.errors.contains("waiting for what an earlier step started")
        }
        #expect(try sandbox.state() == before)
        ThisProcess.signal(Signals.kill, to: orphan)
        let outcome = await waiting.end()
        #expect(outcome.code == 0)
        try sandbox.checkStored()
    }

    @Test("is terminated after a kill of the program, and then the rest of its group is killed")
    func lifeline() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "slow",
                """
                [ -e "$HOME/second" ] && exit 0
                touch "$HOME/second"
                sh -c 'trap "echo child >> $HOME/told" TERM; trap "" INT HUP; while :; do sleep 0.05; done' &
                echo $! > "$HOME/child"
                trap 'echo leader >> "$HOME/told"; sleep 0.3; exit 1' TERM
                echo $$ > "$HOME/pid"
                while :; do sleep 0.05; done
                """),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.number("home/pid") != nil }
        program.kill()
        _ = await program.end()
        #expect(try await sandbox.run("my-env", "--lock-timeout", "500").code == 0)
        #expect(sandbox.lines("home/told") == ["leader"])
        #expect(!isAlive(try #require(sandbox.number("home/pid"))))
        #expect(!isAlive(try #require(sandbox.number("home/child"))))
        try sandbox.checkStored()
    }

    @Test("that does not end on SIGTERM is killed after 15 s")
    func stubborn() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "slow",
                "[ -e \"$HOME/second\" ] && exit 0; trap '' TERM; touch \"$HOME/second\"; while :; do sleep 0.05; done"),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the step") { sandbox.exists("home/second") }
        let start = ContinuousClock.now
        program.kill()
        _ = await program.end()
        #expect(try await sandbox.run("my-env", "--lock-timeout", "500").code == 0)
        #expect(ContinuousClock.now - start >= .seconds(15))
    }

    @Test("is the only child of the program, besides its watcher")
    func noStrangers() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "look",
                """
                ps -o args= --ppid $PPID | grep -c . > "$HOME/ours"
                python3 -c 'import os
                try: os.waitpid(-1, 0)
                except ChildProcessError: print("none")' > "$HOME/theirs"
                """),
        ])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        // The children are the step and the shell that watches it.
        #expect(sandbox.number("home/ours") == 2)
        #expect(sandbox.read("home/theirs") == "none\n")
    }

    @Test("as a daemon, in its own session without descriptors, runs on and delays nothing")
    func daemon() async throws {
        try sandbox.workflow(
            provision: [
                .address,
                Step(
                    "serve",
                    "setsid sh -c 'echo $$ > \"$HOME/pid\"; exec sleep 600' </dev/null >\"$HOME/log\" 2>&1 3>&- &"),
            ],
            configure: [
                Step("use_it", "while [ ! -s \"$HOME/pid\" ]; do sleep 0.01; done; kill -0 $(cat \"$HOME/pid\")")
            ])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json").code == 0)
        let daemon = try #require(sandbox.number("home/pid"))
        #expect(isAlive(daemon))
        #expect(try await sandbox.run("my-env", "--until", "running", "--lock-timeout", "0").code == 0)
        #expect(try await sandbox.run("my-env", "--destroy", "--lock-timeout", "0").code == 0)
        #expect(try await sandbox.run("my-env", "--purge", "--lock-timeout", "0").code == 0)
        #expect(isAlive(daemon))
        ThisProcess.signal(Signals.kill, to: daemon)
    }

    @Test("as a daemon without waiting for it is not killed", arguments: 0..<8)
    func daemonAtOnce(round: Int) async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "serve", "setsid sh -c 'echo $$ > \"$HOME/pid\"; exec sleep 600' </dev/null >\"$HOME/log\" 2>&1 3>&- &"),
        ])
        #expect(try await sandbox.run("my-env", "--workflow", "workflow.json", "--lock-timeout", "0").code == 0)
        try await wait(for: "the daemon") { sandbox.number("home/pid") != nil }
        let daemon = try #require(sandbox.number("home/pid"))
        #expect(isAlive(daemon))
        ThisProcess.signal(Signals.kill, to: daemon)
    }

    @Test("in its group is killed at the step's end, which does not wait for it", arguments: ["true", "exit 1"])
    func leftOver(end: String) async throws {
        try sandbox.workflow(provision: [
            .address, Step("litter", "sleep 600 & echo $! > \"$HOME/pid\"; (trap '' HUP INT TERM; sleep 600) & \(end)"),
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--lock-timeout", "0")
        #expect(outcome.code == (end == "true" ? 0 : 1))
        let left = try #require(sandbox.number("home/pid"))
        try await wait(for: "the end of what was left") { !isAlive(left) }
        #expect(try await sandbox.run("my-env", "--status").code == 0)
    }

    @Test("that holds the lock in its own session is ended with its step, and named")
    func escaped() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "escape",
                "setsid sh -c 'echo $$ > \"$HOME/pid\"; exec sleep 600' </dev/null >/dev/null 2>&1 & while [ ! -s \"$HOME/pid\" ]; do sleep 0.01; done"
            ),
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "provisioned")
        #expect(outcome.code == 0)
        let left = try #require(sandbox.number("home/pid"))
        #expect(!isAlive(left))
        #expect(outcome.errors.contains("a service closes descriptor 3 process=\"\(left) "))
        #expect(try await sandbox.run("my-env", "--destroy", "--lock-timeout", "0").code == 0)
    }

    @Test("in its own group or session is ended before the program reports that it stopped", arguments: [1, 2])
    func stopped(signals: Int) async throws {
        try sandbox.workflow(provision: [
            .address,
            Step(
                "escape",
                """
                for way in 'timeout 600' 'setsid' 'script -qec'; do
                    for deaf in '' 'trap "" INT TERM HUP;'; do
                        case $way in
                        script*) script -qec "sh -c '$deaf echo \\$\\$ >> $HOME/pids; while :; do sleep 0.1; done'" /dev/null & ;;
                        *) $way sh -c "$deaf echo \\$\\$ >> $HOME/pids; while :; do sleep 0.1; done" & ;;
                        esac
                    done
                done
                wait
                """),
        ])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json"])
        try await wait(for: "the programs") { sandbox.lines("home/pids").count == 6 }
        for _ in 0..<signals {
            program.signal(2)
            try await wait(for: "the signal to be noticed") { program.errors.contains("stopping") }
        }
        let outcome = await program.end()
        #expect(outcome.code == 130 && outcome.lastWord.contains("was stopped in step escape"), "\(outcome.errors)")
        let processes = sandbox.lines("home/pids").compactMap { Int32($0) }
        #expect(processes.count == 6 && !processes.contains(where: isAlive))
    }

    @Test("that has ended does not delay process 1 of a container")
    func firstProcess() async throws {
        guard (try? await sandbox.shell("unshare --pid --fork --mount-proc true")) != nil else {
            print("skipped: unshare may not make a namespace of processes here")
            return
        }
        let zombies = (0..<8).map { Step("s\($0)", "(sleep 0.1 &); (true &); true") }
        try sandbox.workflow(provision: [.address] + zombies)
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json", "--json", shell: "exec unshare --pid --fork --mount-proc \"$@\"")
        #expect(outcome.code == 0)
        let seconds = try outcome.json()["steps"].elements?.compactMap { $0["duration_seconds"].number } ?? []
        #expect(seconds.count == 9)
        // Dispatch traps when it cannot see its own threads.
        let blind = try await sandbox.run("other", "--json", shell: "exec unshare --pid --fork \"$@\"")
        #expect(blind.code == 69 && blind.lastWord.hasPrefix("error: The folder /proc does not show this process"))
        #expect(!sandbox.exists("data/other"))
    }

    @Test("inherits no descriptor of the program except the lock")
    func descriptors() async throws {
        try sandbox.workflow(provision: [
            .address, Step("look", "ls -l /proc/$$/fd > \"$HOME/fds\""),
        ])
        #expect(
            try await sandbox.run(
                "my-env", "--workflow", "workflow.json", shell: "exec 7</etc/passwd; exec \"$@\""
            ).code == 0)
        let lines = sandbox.lines("home/fds").dropFirst().compactMap { $0.split(separator: " ", maxSplits: 8).last }
        #expect(lines.contains("0 -> /dev/null") && lines.contains("3 -> \(sandbox.path("data/my-env/busy"))"))
        // The shell has its output file open with several descriptors.
        let targets = Set(lines.compactMap { $0.split(separator: " ").last?.split(separator: "/").last })
        #expect(targets == ["null", "busy", "02-look.log", "fds"])
    }
}
