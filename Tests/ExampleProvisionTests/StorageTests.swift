import Foundation
import OperatingSystem
import Testing

@Suite("The state of an environment", .serialized)
struct StorageTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    static let isRoot = ThisProcess.userName == "root"

    @Test(
        "is readable by its owner only, whatever the umask", arguments: ["000", "022", "077", "0777"])
    func modes(umask: String) async throws {
        let shell = "umask \(umask); exec \"$@\""
        #expect(try await sandbox.run("my-env", "--until", "running", shell: shell).code == 0)
        try sandbox.workflow(provision: [
            .address, Step("make", "mkdir -p \"$INSTANCE_DIR\"; echo x > \"$INSTANCE_DIR/x\"; exit 1"),
        ])
        #expect(try await sandbox.run("other", "--workflow", "workflow.json", shell: shell).code == 1)
        #expect(try await sandbox.openToOthers("data/my-env") == "")
        #expect(try await sandbox.openToOthers("data/other") == "")
        #expect(try await sandbox.shell("stat -c %a data data/my-env data/my-env/state.json") == "700\n700\n600\n")
        #expect(try await sandbox.run("my-env", "--destroy", shell: shell).code == 0)
        #expect(try await sandbox.openToOthers("data/my-env") == "")
    }

    @Test("is written to an existing data folder, whose mode is kept")
    func ownFolder() async throws {
        try await sandbox.shell("mkdir -m 755 data")
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(try await sandbox.shell("stat -c %a data data/my-env") == "755\n700\n")
    }

    // MARK: Streams

    @Test(
        "is not lost when the program's output is closed",
        arguments: [
            "{ \"$@\"; echo $? > code; } | true", "{ sleep 0.1; \"$@\"; echo $? > code; } | true",
            "{ \"$@\" 2>&1; echo $? > code; } | true", "{ sleep 0.1; \"$@\" 2>&1; echo $? > code; } | true",
            "{ \"$@\" --verbose 2>&1 >/dev/null; echo $? > code; } | head -1", "\"$@\" >&-; echo $? > code",
            "\"$@\" 2>&-; echo $? > code", "\"$@\" <&- >&- 2>&-; echo $? > code",
            "\"$@\" <&- --json >&- 2>&- --log-format json; echo $? > code",
            "\"$@\" 2>/dev/full; echo $? > code",
        ])
    func closedStreams(shell: String) async throws {
        // A result that is written to a closed descriptor is lost; one that the reader has declined is not.
        let isResultLost = shell.contains(" >&-")
        try sandbox.workflow(provision: [.address, Step("wait", "sleep 0.2; echo done")])
        _ = try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "running", shell: shell)
        #expect(sandbox.number("code") == (isResultLost ? 74 : 0))
        #expect(try sandbox.stateName() == "Running")
        try sandbox.checkStored()
    }

    // MARK: A data folder that cannot be used

    @Test(
        "that was not saved ends with 74 and the place and reason, and keeps the stored state",
        arguments: [
            "rm -rf data; : > data", "mkdir -p data; : > data/my-env",
            "mkdir -p data/my-env/state.json.lock", "mkdir -p data/my-env; ln -s /tmp/x data/my-env/state.json.lock",
            "mkdir -p data/my-env; mkfifo data/my-env/state.json.lock",
            "mkdir -p data/my-env/busy", "ln -s /nowhere/at/all data",
        ])
    func unusableFolder(preparation: String) async throws {
        try await sandbox.shell(preparation)
        let outcome = try await sandbox.run("my-env", "--json")
        #expect(outcome.code == 74)
        #expect(outcome.lastWord.contains(sandbox.data))
        #expect(try outcome.json()["error"]["code"].integer == 74)
        #expect(!sandbox.exists("data/my-env/instance"))
    }

    @Test(
        "that was not saved for lack of permission keeps the stored state",
        .enabled(if: isRoot, "needs root to be somebody else"))
    func permission() async throws {
        #expect(try await sandbox.run("my-env", "--until", "provisioned").code == 0)
        try await sandbox.shell(
            "chmod 755 . data; chmod -R a+rX data; mkdir -p -m 777 theirs; cp $PROGRAM program; chmod 755 program")
        let before = try await sandbox.listing()
        let other =
            "exec setpriv --reuid=65534 --regid=65534 --clear-groups ./program my-env --data-dir data --emergency-dir theirs"
        // The other user may not write the coverage file of a run with coverage, either.
        let outcome = try await sandbox.run("my-env", variables: ["LLVM_PROFILE_FILE": "/dev/null"], shell: other)
        #expect(outcome.code == 74)
        #expect(outcome.lastWord.contains("state.json.lock"))
        // Read-only commands need no right to write.
        #expect(try await sandbox.run("my-env", shell: other + " --status").code == 0)
        #expect(try await sandbox.run("my-env", shell: other + " --dry-run").code == 0)
        #expect(try await sandbox.listing() == before)
        #expect(try await sandbox.run("my-env").code == 0)
    }

    // MARK: A disk that is full

    /// Runs `body` with a small file system at `data`.
    private func withSmallDisk(_ body: () async throws -> Void) async throws {
        try await sandbox.shell("mkdir -p data && mount -t tmpfs -o size=8m,mode=700 tmpfs data")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await sandbox.shell("umount -l data")
        try result.get()
    }

    /// A command that makes the document so large that no save fits into reserved space.
    static let big = "echo big=$(head -c 30000 /dev/zero | tr '\\0' x) >> \"$OUTPUTS\""
    static let fill = "dd if=/dev/zero of=\"$DATA_DIR/ballast\" bs=4k 2>/dev/null || true"

    @Test(
        "is unchanged when the disk is full before anything is done",
        .enabled(if: isRoot, "needs root to mount a small disk"))
    func fullDisk() async throws {
        try await withSmallDisk {
            try sandbox.workflow(
                provision: [.address, Step("grow", Self.big)], configure: [Step("act", "touch \"$HOME/acted\"")])
            let first = try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "provisioned")
            #expect(first.code == 0)
            let before = sandbox.read("data/my-env/state.json")
            try await sandbox.shell("DATA_DIR=data; \(Self.fill)")
            let outcome = try await sandbox.run("my-env")
            #expect(outcome.code == 74)
            #expect(outcome.lastWord.contains("No space left on device"))
            #expect(sandbox.read("data/my-env/state.json") == before)
            #expect(!sandbox.exists("home/acted"))
            #expect(!sandbox.exists("home/state"), "nothing was done, so there is nothing to keep")
            #expect(try await sandbox.run("my-env", "--status").code == 0)
            try await sandbox.shell("rm data/ballast")
            #expect(try await sandbox.run("my-env").code == 0)
            try sandbox.checkStored()
        }
    }

    @Test(
        "fits into reserved space when the disk is full, so that a step's result is not lost",
        .enabled(if: isRoot, "needs root to mount a small disk"))
    func roomAhead() async throws {
        try await withSmallDisk {
            try sandbox.workflow(provision: [
                .address,
                Step("fill", "echo acted >> \"$HOME/acted\"; echo machine=i-77 >> \"$OUTPUTS\"; \(Self.fill)"),
            ])
            let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--until", "provisioned")
            #expect(outcome.code == 0, "\(outcome)")
            #expect(try sandbox.outputs()["machine"] == "i-77")
            #expect(!sandbox.exists("home/state"), "everything is saved, so there is nothing to keep")
            #expect(try await sandbox.run("my-env", "--until", "provisioned").code == 0)
            #expect(sandbox.lines("home/acted").count == 1)
            try await sandbox.shell("rm data/ballast")
            #expect(try await sandbox.run("my-env").code == 0)
            try sandbox.checkStored()
        }
    }

    /// The moment in a step at which the disk becomes full.
    enum Trouble: String, CaseIterable { case stepSucceeds, stepFails, lastStep }

    @Test(
        "after a step goes to an emergency record when the disk is full, and is recovered from it",
        .enabled(if: isRoot, "needs root to mount a small disk"), arguments: Trouble.allCases, [true, false])
    func emergency(trouble: Trouble, isNamed: Bool) async throws {
        try await withSmallDisk {
            let filling = Step(
                "fill",
                "[ -e \"$HOME/second\" ] && exit 0; touch \"$HOME/second\"; echo machine=i-77 >> \"$OUTPUTS\"; \(Self.big); \(Self.fill)"
                    + (trouble == .stepFails ? "; exit 5" : ""))
            try sandbox.workflow(
                provision: [.address, filling]
                    + (trouble == .lastStep ? [] : [Step("after", "echo ran >> \"$HOME/after\"")]))
            let folder = isNamed ? sandbox.path("records") : sandbox.emergency
            let more = isNamed ? ["--emergency-dir", folder] : []
            let outcome = try await sandbox.run(
                ["my-env", "--workflow", "workflow.json", "--until", "provisioned", "--json"] + more)
            #expect(outcome.code == (trouble == .stepFails ? 1 : 74))
            #expect(!sandbox.exists("home/after"))
            #expect(try sandbox.events().last == "provision:fill started")
            let error = try outcome.json()["error"]
            let record = try #require(error["emergency_record"].text)
            #expect(record.hasPrefix(folder + "/my-env."))
            #expect(outcome.errors.contains("WARNING"))
            #expect(outcome.lastWord.contains("No space left") && outcome.lastWord.contains("--recover \(record)"))
            #expect(error["next"].text?.hasPrefix("example-provision my-env ") == true)
            #expect(error["next"].text?.hasSuffix(" --recover \(record)") == true)
            if trouble == .stepFails {
                #expect(outcome.lastWord.contains("status 5"))
                #expect(error["kind"].text == "step_failed")
            } else {
                #expect(error["kind"].text == "save_failed")
            }
            #expect(try await sandbox.openToOthers(isNamed ? "records" : "home/state") == "")
            #expect(readText(record)?.contains("i-77") == true)

            // While the disk is full, the record cannot be applied, and is kept.
            let tooEarly = try await sandbox.run(["my-env", "--recover", record] + more)
            #expect(tooEarly.code == 74)
            #expect(readText(record) != nil)
            try await sandbox.shell("rm data/ballast")
            let recovered = try await sandbox.run(["my-env", "--recover", record, "--json"] + more)
            #expect(recovered.code == 0)
            #expect(try recovered.json()["changed"].truth == true)
            #expect(try sandbox.outputs()["machine"] == "i-77")
            #expect(readText(record) == nil)
            try sandbox.checkStored()
            let again = try await sandbox.run(["my-env", "--until", "provisioned"] + more)
            #expect(again.code == 0)
            #expect(try sandbox.stateName() == "Provisioned")
            #expect(sandbox.lines("home/after").count == (trouble == .lastStep ? 0 : 1))
            try sandbox.checkStored()
        }
    }

    @Test("after a step cannot be written anywhere, and the next run resumes from the last save")
    func unwritable() async throws {
        try sandbox.workflow(provision: [
            .address,
            Step("limit", "[ -e \"$HOME/second\" ] || { touch \"$HOME/second\"; prlimit --pid $PPID --fsize=0; }"),
            Step("after", "echo ran >> \"$HOME/after\""),
        ])
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json", shell: "{ \"$@\" 2>&1; echo $? > code; } | cat")
        #expect(sandbox.number("code") == 74)
        #expect(outcome.output.contains("File too large") && outcome.output.contains("Next: example-provision my-env"))
        #expect(!sandbox.exists("home/after"))
        #expect(try sandbox.events().last == "provision:limit started")
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(try sandbox.stateName() == "Configured")
        #expect(sandbox.lines("home/after") == ["ran"])
        try sandbox.checkStored()
    }

    @Test("that was changed without the lock is not overwritten, and the next command reports it")
    func edited() async throws {
        // The checkpoint is written after the log; it is edited when no further write to it is expected.
        let edit = """
            until grep -q meddle "$DATA_DIR/my-env/state.json"; do sleep 0.05; done
            sed -i s/env-my-env/env-edited/ "$DATA_DIR/my-env/state.json"; echo it=1 >> "$OUTPUTS"
            """
        try sandbox.workflow(provision: [.address, Step("meddle", edit), Step("after", "echo ran >> \"$HOME/after\"")])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 0)
        #expect(outcome.errors.contains("was changed while a command worked"))
        #expect(sandbox.read("data/my-env/state.json")?.contains("env-edited") == true)
        #expect(try sandbox.stateName() == "Configured" && sandbox.outputs()["it"] == "1")
        let refused = try await sandbox.run("my-env", "--until", "released", "--json")
        #expect(refused.code == 65 && refused.lastWord.contains("state.json"))
        let next = try #require(try refused.json()["error"]["next"].text)
        #expect(try await sandbox.type(next).code == 0)
        #expect(sandbox.read("data/my-env/state.json.bak")?.contains("env-edited") == true)
        #expect(try await sandbox.run("my-env", "--until", "released").code == 0)
        #expect(sandbox.lines("home/after") == ["ran"])
        try sandbox.checkStored()
    }

    @Test("whose log was changed without the lock is not overwritten, and the result is kept")
    func conflict() async throws {
        try sandbox.workflow(provision: [
            .address, Step("meddle", "echo '{}' >> \"$DATA_DIR/my-env/history.jsonl\"; echo it=1 >> \"$OUTPUTS\""),
            Step("after", "touch \"$HOME/after\""),
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json", "--json")
        #expect(outcome.code == 74)
        #expect(outcome.lastWord.contains("history.jsonl"))
        #expect(!sandbox.exists("home/after"))
        #expect(try outcome.json()["error"]["emergency_record"].text != nil)
    }

    @Test("is not changed when the lock file was removed")
    func lockLost() async throws {
        try sandbox.workflow(provision: [
            .address, Step("meddle", "rm \"$DATA_DIR/my-env/state.json.lock\""), Step("after", "touch \"$HOME/after\""),
        ])
        let outcome = try await sandbox.run("my-env", "--workflow", "workflow.json")
        #expect(outcome.code == 74)
        #expect(outcome.lastWord.contains("state.json.lock"))
        #expect(!sandbox.exists("home/after"))
        #expect(try sandbox.events().last == "provision:meddle started")
    }

    // MARK: Damage

    @Test(
        "whose checkpoint was changed ends with 65, is shown from the log, and continues without that file",
        arguments: [
            ": > state.json", "truncate -s 100 state.json", "echo '{}' > state.json", "echo garbage > state.json",
            "sed -i 's/127.0.0.1/127.0.0.2/' state.json", "rm state.json; mkdir state.json",
            "mv state.json elsewhere; ln -s elsewhere state.json", "rm state.json; mkfifo state.json",
            "dd if=/dev/urandom of=state.json bs=1k count=4 2>/dev/null",
            "sed -i 's/\"serial\" : 15/\"serial\" : 16/' state.json",
            "sed -i 's/\"schema_version\" : 2/\"schema_version\" : 99/' state.json",
        ])
    func damage(how: String) async throws {
        #expect(try await sandbox.run("my-env").code == 0)
        try await sandbox.shell("cd data/my-env; \(how)")
        for arguments in [[], ["--dry-run"], ["--destroy"], ["--purge"], ["--until", "running"]] {
            let outcome = try await sandbox.run(["my-env", "--json"] + arguments)
            #expect(outcome.code == 65, "\(arguments)")
            #expect(outcome.lastWord.contains("state.json") && outcome.lastWord.contains("history.jsonl"))
        }
        #expect(try await sandbox.run("my-env", "--status").code == 0)
        try await sandbox.shell("rm -r data/my-env/state.json")
        #expect(try await sandbox.run("my-env", "--until", "released").code == 0)
        #expect(try sandbox.stateName() == "Released")
        try sandbox.checkStored()
    }

    @Test(
        "whose log is damaged ends with 65 and names the newest complete state and the command that recovers it",
        arguments: [
            ": > history.jsonl", "rm history.jsonl", "echo garbage > history.jsonl",
            "sed -i '15s/127.0.0.1/127.0.0.2/' history.jsonl", "rm history.jsonl; mkdir history.jsonl",
        ])
    func damagedLog(how: String) async throws {
        #expect(try await sandbox.run("my-env").code == 0)
        try await sandbox.shell("cd data/my-env; \(how)")
        let checkpoint = sandbox.path("data/my-env/state.json")
        for arguments in [[], ["--status"], ["--dry-run"], ["--destroy"], ["--purge"], ["--until", "running"]] {
            let outcome = try await sandbox.run(["my-env", "--json"] + arguments)
            #expect(outcome.code == 65, "\(arguments)")
            #expect(outcome.lastWord.contains("history.jsonl") && outcome.lastWord.contains(checkpoint))
            #expect(try outcome.json()["error"]["next"].text == "example-provision my-env --recover \(checkpoint)")
        }
        #expect(try await sandbox.run("my-env", "--recover", checkpoint).code == 0)
        #expect(try await sandbox.run("my-env").code == 0)
        #expect(try sandbox.stateName() == "Configured")
    }

    @Test("under another name than its own is refused with 65")
    func renamed() async throws {
        #expect(try await sandbox.run("my-env").code == 0)
        try await sandbox.shell("cp -a data/my-env data/other")
        for arguments in [[], ["--status"], ["--destroy"], ["--until", "running"]] {
            let outcome = try await sandbox.run(["other"] + arguments)
            #expect(outcome.code == 65)
            #expect(outcome.lastWord.contains("my-env"))
        }
    }

    @Test(
        "rejects a record that is foreign, not newer or invalid",
        arguments: [
            (record: "data/other/state.json", code: Int32(78)),
            ("garbage", 65),
            ("absent", 64), ("earlier.json", 78), ("data", 64),
        ])
    func refusedRecord(record: String, code: Int32) async throws {
        for name in ["my-env", "other"] { #expect(try await sandbox.run(name).code == 0) }
        try sandbox.write("garbage", to: "garbage")
        try await sandbox.shell("cp data/my-env/state.json earlier.json")
        #expect(try await sandbox.run("my-env", "--destroy").code == 0)
        #expect(try await sandbox.run("my-env", "--purge").code == 0)
        #expect(try await sandbox.run("my-env").code == 0)
        let before = try sandbox.state()
        let outcome = try await sandbox.run("my-env", "--recover", record)
        #expect(outcome.code == code)
        #expect(outcome.lastWord.contains(record))
        #expect(try sandbox.state() == before)
        try sandbox.checkStored()
    }
}
