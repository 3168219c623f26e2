import EnvironmentDomain
import OperatingSystem
import Testing

@testable import Commands

@Suite("A program of a step")
struct ChildProcessTests {
    /// Runs scripts as the steps of a provisioning, and returns its error and the environment's folder.
    private func run(
        _ scripts: String..., options: CommandOptions = CommandOptions(), timeout: Duration = .seconds(540),
        inherited: [String] = [], check: (CommandError?, AnyEnvironmentState, Workspace) async throws -> Void
    ) async throws {
        let repository = try SpyRepository(lockTimeout: .milliseconds(300))
        let steps = try scripts.enumerated().map { index, script in
            Step.shell(try StepName("s\(index)"), script, timeout: timeout, inheriting: inherited)
        }
        let address = Step("address") { try $0.set(.instanceAddress, to: "127.0.0.1") }
        let environment = try Sample.created()
        let name = environment.name
        var thrown: CommandError?
        do {
            _ = try await ProvisionCommand(
                provider: .test(steps + [address]), repository: repository, options: options
            ).execute(environment)
        } catch {
            thrown = error
        }
        let stored = try #require(await repository.load(name)).document
        try await check(thrown, stored, repository.workspace(for: name))
    }

    @Test("gets the documented variables and nothing else")
    func variables() async throws {
        let script = "env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= | sort > \"$INSTANCE_DIR.env\"; echo found=1 >> $OUTPUTS"
        try await run(script, "test \"$OUTPUT_FOUND\" = 1", inherited: ["USER_DEFINED"]) { error, stored, workspace in
            #expect(error == nil)
            let lines = try read(workspace.instance + ".env").split(separator: "\n").map(String.init)
            let known = [
                "BUSY_FD", "COMMAND_ID", "DATA_DIR", "ENVIRONMENT_NAME", "HOME", "INSTANCE_DIR", "INSTANCE_NAME",
                "LANG",
                "OUTPUTS", "PATH", "SSH_AUTH_SOCK", "STEP_ATTEMPT", "STEP_NAME", "TMPDIR",
            ]
            let names = lines.compactMap { $0.split(separator: "=").first.map(String.init) }
            #expect(names.filter { !known.contains($0) } == [])
            #expect(lines.contains("ENVIRONMENT_NAME=my-env"))
            #expect(lines.contains("INSTANCE_NAME=env-my-env"))
            #expect(lines.contains("STEP_NAME=s0"))
            #expect(lines.contains("STEP_ATTEMPT=1"))
            #expect(lines.contains("INSTANCE_DIR=\(workspace.instance)"))
            #expect(stored.context.outputs["found"] == "1")
        }
    }

    @Test(
        "that is suspended and never continued fails the step with the reason, whatever its session",
        arguments: [
            "kill -STOP $$", "sh -c 'kill -STOP $$; :'; echo more", "timeout 600 sh -c 'kill -TTIN $$; :'",
            "setsid -w sh -c 'kill -STOP $$; :'", "trap '' INT; kill -STOP $$; exec sleep 600",
        ])
    func stopped(script: String) async throws {
        let options = CommandOptions(interruptGrace: .milliseconds(100), terminateGrace: .milliseconds(100))
        try await run(script, options: options) { error, _, _ in
            #expect(error?.failure?.errorKind == "process_stopped")
            let summary = try #require(error?.failure?.summary)
            #expect(summary.contains(/^process \d+ \(.*\) was stopped by a signal and nothing continued it/))
        }
    }

    @Test("may suspend another process for a while")
    func stoppedForAWhile() async throws {
        try await run("sleep 600 & kill -STOP $!; sleep 9; kill -CONT $!; kill $!") { error, _, _ in
            #expect(error == nil)
        }
    }

    @Test("has the descriptors 0 to 2 and the lock, a umask of 077, default signals and its own session")
    func surroundings() async throws {
        let script = """
            umask
            ls /proc/self/fd | tr '\\n' ' '; echo
            grep -E 'Sig(Blk|Ign)' /proc/self/status
            test "$(ps -o sid= -p $$ | tr -d ' ')" = $$ && echo leads its session
            readlink /proc/self/fd/3
            """
        try await run(script) { error, _, workspace in
            #expect(error == nil)
            let run = try #require(names(in: workspace.logs).first)
            let log = try read("\(workspace.logs)/\(run)/01-s0.log").split(separator: "\n").map(String.init)
            #expect(log.first == "0077")
            // `ls` itself opens the folder as descriptor 4.
            #expect(log[1].trimmingSuffix(while: \.isWhitespace) == "0 1 2 3 4")
            #expect(log[2] == "SigBlk:\t0000000000000000")
            // The C library reserves the signals 32 and 33.
            let ignored = UInt64(log[3].suffix(16), radix: 16)
            #expect(ignored.map { $0 & ~0x1_8000_0000 } == 0)
            #expect(log[4] == "leads its session")
            #expect(log[5] == "\(workspace.root)/busy")
            #expect(try mode("\(workspace.logs)/\(run)/01-s0.log") == 0o600)
        }
    }

    // Some programs, for example Ansible, do not start with non-blocking descriptors.
    @Test("gets blocking descriptors for its output")
    func blocking() async throws {
        let script =
            "for n in 1 2; do flags=$(sed -n 's/^flags:[^0-9]*//p' /proc/$$/fdinfo/$n); test $((flags & 04000)) = 0; done"
        try await run(script) { error, _, _ in
            #expect(error == nil)
        }
    }

    @Test(
        "that fails is reported with how it ended",
        arguments: [
            ("exit 3", "exit_status", "exited with status 3"), ("kill -9 $$", "signal", "was ended by signal 9"),
            ("no-such-program", "exit_status", "exited with status 127"),
            ("false; true", "exit_status", "exited with status 1"),
            ("echo $NOT_SET", "exit_status", "exited with status 2"),
            ("echo nothing >> $OUTPUTS", "invalid_output", "line 1 of $OUTPUTS is \"nothing\""),
        ])
    func failures(script: String, kind: String, summary: String) async throws {
        try await run(script) { error, _, _ in
            #expect(error?.failure?.errorKind == kind)
            #expect(error?.failure?.summary.hasPrefix(summary) == true)
        }
    }

    @Test("does not corrupt the outputs of the next attempt with an incomplete line")
    func tornOutputs() async throws {
        let repository = try SpyRepository()
        let script =
            "if [ $STEP_ATTEMPT = 1 ]; then printf 'bad line\nfirst=1\ninstance_' >> $OUTPUTS; exit 1; fi; echo instance_address=10.0.0.1 >> $OUTPUTS"
        let step = Step.shell(
            "a", script, retry: .exponential(1, from: .milliseconds(1)))
        let provisioned = try await ProvisionCommand(provider: .test([step]), repository: repository)
            .execute(try Sample.created())
        #expect(provisioned.outputs == ["first": "1", "instance_address": "10.0.0.1"])
    }

    @Test("is reported as missing when it does not exist, and is not replaced by one of its arguments")
    func missing() async throws {
        let repository = try SpyRepository()
        let step = Step("a") { try await $0.run("/no/such/program") }
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository)
                .execute(try Sample.created())
        }
        #expect(error?.failure?.errorKind == "tool_missing")
        let other = Step("a") { context in
            try await context.run(
                "/bin/sh", "-c", "echo instance_address=10.0.0.2 >> $OUTPUTS", environment: ["OUTPUTS": "/dev/null"])
        }
        let failed = try #require(await repository.load(EnvironmentName("my-env"))).document
        let provisioned = try await ProvisionCommand(provider: .test([other]), repository: repository)
            .retry(failed.environment(as: ProvisionFailed.self))
        #expect(provisioned.instanceAddress.text == "10.0.0.2")
    }

    @Test("fails when it sets more outputs than programs can receive, and the environment can be resumed")
    func tooMuch() async throws {
        try await run("head -c 40000 /dev/zero | tr '\\0' x | sed 's/^/big=/' >> $OUTPUTS") { error, stored, _ in
            #expect(error?.failure?.errorKind == "invalid_output")
            #expect(stored.context.outputs["big"] == nil)
        }
        let many =
            "i=0; while [ $i -lt 9 ]; do printf \"v$i=\" >> $OUTPUTS; head -c 32000 /dev/zero | tr '\\0' x >> $OUTPUTS; echo >> $OUTPUTS; i=$((i+1)); done"
        try await run(many) { error, stored, _ in
            #expect(error?.failure?.summary.hasPrefix("the output v8 was left out") == true)
            #expect(stored.context.outputs.keys.sorted() == (0...7).map { "v\($0)" })
        }
    }

    @Test("is killed when it outlives its leader in the group, and is not waited for")
    func leftovers() async throws {
        try await run("sleep 1000 & echo pid=$! >> $OUTPUTS") { error, stored, _ in
            #expect(error == nil)
            let process = try #require(stored.context.outputs["pid"].flatMap { Int32($0) })
            while ThisProcess.startTime(of: process) != nil { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test("can run on in a new session without the lock, and then delays nothing")
    func daemon() async throws {
        let script =
            "setsid sleep 600 </dev/null >/dev/null 2>&1 3>&- & echo pid=$! >> $OUTPUTS; until [ $(ps -o sid= -p $!) = $! ]; do sleep 0.01; done"
        try await run(script) { error, stored, workspace in
            #expect(error == nil)
            let process = try #require(stored.context.outputs["pid"].flatMap { Int32($0) })
            #expect(ThisProcess.startTime(of: process) != nil)
            #expect(try FileLock.isHeld(Workspace.busyLockName, in: Folder(workspace.root.text)) == false)
            ThisProcess.signal(Signals.kill, to: process)
        }
    }

    @Test(
        "does not outlive its step in its own group or session",
        arguments: [
            "setsid sleep 600 & echo pid=$! >> $OUTPUTS; sleep 0.1",
            "setsid sh -c 'trap \"\" HUP INT TERM; echo pid=$$ >> $OUTPUTS; while :; do sleep 0.1; done' & sleep 0.3",
            "nohup setsid sleep 600 & echo pid=$! >> $OUTPUTS; sleep 0.1",
            "timeout 600 sh -c 'echo pid=$$ >> $OUTPUTS; exec sleep 600' & sleep 0.3",
            "timeout 600 sh -c 'echo pid=$$ >> $OUTPUTS; exec sleep 600 3>&-' & sleep 0.3",
            "script -qec 'echo pid=$$ >> $OUTPUTS; exec sleep 600' /dev/null & sleep 0.5",
        ], [0, 1])
    func escaped(script: String, status: Int) async throws {
        let options = CommandOptions(terminateGrace: .milliseconds(500))
        try await run("\(script); exit \(status)", options: options) { error, stored, workspace in
            #expect(error?.code == (status == 0 ? nil : .stepFailed))
            let process = try #require(stored.context.outputs["pid"].flatMap { Int32($0) })
            #expect(ThisProcess.startTime(of: process) == nil)
            #expect(StepProcess.atWork(in: workspace) == [])
        }
    }

    @Test("is ended before the next attempt when its timeout does not stop it")
    func attempts() async throws {
        let repository = try SpyRepository()
        let script = """
            for old in $(cat "$DATA_DIR/pids"); do if grep -qs "^State:.[^Z]" "/proc/$old/status"; then echo beside=yes >> $OUTPUTS; fi; done
            setsid -w sh -c 'trap "" INT TERM; echo $$ >> "$DATA_DIR/pids"; while :; do sleep 0.1; done'
            """
        let step = Step.shell(
            "a", "touch $DATA_DIR/pids; " + script, timeout: .milliseconds(500),
            retry: .exponential(2, from: .milliseconds(1)))
        let options = CommandOptions(interruptGrace: .milliseconds(200), terminateGrace: .milliseconds(200))
        let environment = try Sample.created().erased
        let workspace = repository.workspace(for: environment.name)
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
                .execute(environment.environment(as: Created.self))
        }
        #expect(error?.failure?.errorKind == "timeout" && error?.failure?.attempts == 3)
        let stored = try #require(await repository.load(EnvironmentName("my-env"))).document
        #expect(stored.context.outputs["beside"] == nil)
        let folder = try #require(parentPath(of: workspace.root.text))
        let processes = try read("\(folder)/pids").split(separator: "\n").compactMap { Int32($0) }
        #expect(processes.count == 3)
        #expect(processes.allSatisfy { ThisProcess.startTime(of: $0) == nil })
    }

    @Test("is not considered a holder of the lock when it waits for the lock")
    func waiting() async throws {
        let script = "setsid flock \"$DATA_DIR/$ENVIRONMENT_NAME/busy\" true 3>&- & echo pid=$! >> $OUTPUTS; sleep 0.3"
        try await run(script) { error, stored, workspace in
            #expect(error == nil)
            // The program gets the lock when the command ends, and holds it for a moment.
            while !StepProcess.atWork(in: workspace).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test("of an earlier run that keeps the lock is named by the next command")
    func orphan() async throws {
        let repository = try SpyRepository(lockTimeout: .milliseconds(200))
        let environment = try Sample.created().erased
        let folder = try Folder.making(repository.workspace(for: environment.name).root.text)
        let process: Int32
        let child: ChildProcess
        do {
            let lock = try #require(try FileLock.attempt(Workspace.busyLockName, in: folder))
            child = try ChildProcess(
                .init(command: ["/bin/sleep", "600"], environment: [:], inherited: [lock.file.descriptor]),
                output: OpenFile("/dev/null", .read))
            process = child.identifier
        }
        let error = await #expect(throws: CommandError.self) {
            _ = try await ProvisionCommand(provider: .test([]), repository: repository).execute(
                environment.environment(as: Created.self))
        }
        #expect(error?.code == .busy)
        #expect(error?.message.contains("stop it with: kill \(process)") == true)
        child.killNow()
        _ = await child.end()
    }

    @Test(
        "is asked to end by SIGINT, then SIGTERM, then SIGKILL, each after its grace",
        arguments: ["", "INT", "INT TERM"])
    func stages(ignored: String) async throws {
        let trap = ignored.isEmpty ? "" : "trap 'echo again' \(ignored);"
        let step = Step.shell(
            "a", "\(trap) echo ready; i=0; while [ $i -lt 600 ]; do sleep 0.1 || :; i=$((i+1)); done")
        let repository = try SpyRepository()
        let options = CommandOptions(
            progress: ProgressFeed(), interruptGrace: .milliseconds(300), terminateGrace: .milliseconds(300))
        let task = Task {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
                .execute(try Sample.created())
        }
        for await event in try #require(options.progress).events {
            if case .detail("ready") = event { break }
        }
        let start = ContinuousClock.now
        task.cancel()
        let error = await #expect(throws: CommandError.self) { try await task.value }
        let time = ContinuousClock.now - start
        #expect(error?.code == .interrupted)
        let stages = ignored.split(separator: " ").count
        #expect(time >= .milliseconds(300) * stages)
    }

    @Test("ends immediately on the second request")
    func killNow() async throws {
        let step = Step.shell(
            "a", "trap '' INT TERM; echo ready; i=0; while [ $i -lt 6000 ]; do sleep 0.1; i=$((i+1)); done")
        let repository = try SpyRepository()
        let options = CommandOptions(progress: ProgressFeed(), interruptGrace: .seconds(86_400))
        let task = Task {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
                .execute(try Sample.created())
        }
        for await event in try #require(options.progress).events {
            if case .detail("ready") = event { break }
        }
        task.cancel()
        options.interruption.killNow()
        let error = await #expect(throws: CommandError.self) { try await task.value }
        #expect(error?.code == .interrupted)
        #expect(repository.log.last == "interrupted a")
    }

    @Test("shows its lines while it runs, without terminal control sequences")
    func detail() async throws {
        let feed = ProgressFeed()
        let options = CommandOptions(progress: feed)
        try await run("printf 'one\\n\\033[31mtwo\\nthree'", options: options) { error, _, _ in #expect(error == nil) }
        feed.finish()
        var lines: [String] = []
        for await case .detail(let line) in feed.events { lines.append(line) }
        #expect(lines == ["one", "two", "three"])
    }

    // The test needs a process of its own, in which no other test opens descriptors.
    @Test(
        "leaves no descriptor open, not even that of its lifeline",
        .enabled(if: !names(in: "/proc/self/fd").isEmpty, "needs /proc"))
    func noLeaks() async {
        await #expect(processExitsWith: .success) {
            // The system's libraries open further descriptors on first use.
            func descriptors() throws -> Int {
                let folder = try Folder("/proc/self/fd")
                let targets = try folder.names().compactMap { folder.target(ofLink: $0) }
                return targets.count { $0.hasPrefix("pipe:") || $0.contains("pidfd") || $0 == "/dev/null" }
            }
            let request = ChildProcess.Request(
                command: ["/bin/true"], environment: [:], graceWhenOrphaned: .seconds(1))
            func run() async throws {
                let end = try await ChildProcess(request, output: OpenFile("/dev/null", .read)).end()
                try #require(end == .exited(0))
            }
            try await run()
            let before = try descriptors()
            for _ in 0..<20 { try await run() }
            // The last descriptors are closed after the end was reported; the limit of nine minutes only ends a hang.
            for _ in 0..<54_000 where try descriptors() > before { try await Task.sleep(for: .milliseconds(10)) }
            try #require(try descriptors() <= before)
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while isUnwanted: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, isUnwanted(last) { text.removeLast() }
        return text
    }
}
