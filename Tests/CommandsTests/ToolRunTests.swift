import EnvironmentDomain
import OperatingSystem
import Synchronization
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("A tool that a step drives")
struct ToolRunTests {
    private let repository: SpyRepository

    init() throws { repository = try SpyRepository() }

    /// Runs a script as the only tool of the only step; returns how it ended, its lines and the workspace.
    private func run(
        _ script: String, hasOutput: Bool = true, options: CommandOptions = CommandOptions(),
        stop: ToolRun.Stop = .group
    ) async throws -> (end: ToolRun.End?, lines: [String], workspace: Workspace) {
        let environment = try Sample.created()
        let workspace = repository.workspace(for: environment.name)
        let lines = Mutex<[String]>([])
        let end = Mutex<ToolRun.End?>(nil)
        let step = Step("tool") { context in
            let tool = ToolRun(
                command: ["/bin/sh", "-c", script], variables: ["GIVEN": "yes"],
                output: hasOutput ? workspace.instance + "/tool/output" : nil, stop: stop)
            let result = try await context.runTool(tool) { line in lines.withLock { $0.append(line) } }
            end.withLock { $0 = result }
            try context.set(.instanceAddress, to: "127.0.0.1")
        }
        _ = try? await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
            .execute(environment)
        return (end.withLock(\.self), lines.withLock(\.self), workspace)
    }

    private func log(_ workspace: Workspace) throws -> String {
        let run = try #require(names(in: workspace.logs).first)
        return try read("\(workspace.logs)/\(run)/01-tool.log")
    }

    @Test("passes each line of its output, even a long one or a last one without newline, but not its errors")
    func lines() async throws {
        let script = """
            echo one; echo problem >&2; head -c 3000000 /dev/zero | tr '\\0' x; echo; printf 'é last'; exit 7
            """
        let (end, lines, workspace) = try await run(script)
        #expect(end == .exited(7))
        #expect(lines.map(\.count) == [3, 3_000_000, 6] && lines.last == "é last")
        #expect(try mode(workspace.instance + "/tool/output") == 0o600)
        #expect(try log(workspace) == "problem\n")
    }

    @Test("that prints endlessly is stopped immediately, and the output for the failure is kept")
    func flood() async throws {
        let state = #"{"version":4,"serial":7,"lineage":"x"}"#
        let kept = #"{"@level":"info","@message":"Emergency state dump","state":\#(state)}"#
        let text = String(repeating: "x", count: 4000)
        let output = #"{"@level":"info","@message":"\#(text)","type":"provision_progress"}"#
        let script = """
            echo '\(kept)'; trap 'echo told; exit 1' INT; yes '\(output)' | head -n 25000
            while :; do sleep 0.05; done
            """
        let options = CommandOptions(interruptGrace: .seconds(540))
        let report = ToolReport()
        let repository = repository
        let environment = try Sample.created().erased
        let path = repository.workspace(for: environment.name).instance + "/tool/output"
        let lines = Mutex<[String]>([])
        let step = Step("tool") { context in
            let tool = ToolRun(
                command: ["/bin/sh", "-c", script], output: path, weigh: { report.weigh($0, leftOut: $1) },
                stop: .leader(Signals.interrupt, grace: .seconds(540)))
            _ = try await context.runTool(tool) { line in
                lines.withLock { $0.append(String(line.prefix(60))) }
            }
        }
        let task = Task {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
                .execute(environment.environment(as: Created.self))
        }
        while (try? OpenFile(path, .read).status().size) ?? 0 < 100_000_000 {
            try await Task.sleep(for: .milliseconds(10))
        }
        task.cancel()
        let error = await #expect(throws: CommandError.self) { try await task.value }
        #expect(error?.code == .interrupted)
        #expect(lines.withLock(\.last) == "told")
        #expect(StateDump.find(in: path) == Array(state.utf8))
        #expect(try OpenFile(path, .read).status().size < 24 << 20)
    }

    @Test("without a file for its output writes it to the step's log")
    func log() async throws {
        let (end, lines, workspace) = try await run("echo one; echo two >&2", hasOutput: false)
        #expect(end == .exited(0))
        #expect(lines == ["one", "two"])
        #expect(try log(workspace) == "one\ntwo\n")
    }

    @Test("gets the given variables and five of the caller's")
    func variables() async throws {
        let (_, lines, _) = try await run("env | grep -v -e ^PWD= -e ^SHLVL= -e ^_=")
        let names = Set(lines.compactMap { $0.split(separator: "=").first.map(String.init) })
        #expect(names.contains("GIVEN") && names.contains("PATH"))
        #expect(names.isSubset(of: ["GIVEN", "PATH", "HOME", "LANG", "TMPDIR", "SSH_AUTH_SOCK"]))
    }

    @Test("can be stopped with one signal to it alone, and ends its children itself")
    func leader() async throws {
        let script = """
            sh -c 'trap "echo child was told" INT TERM; echo ready; while :; do sleep 0.05; done' &
            trap 'echo told; kill -KILL $!; echo in order; exit 3' INT
            while :; do sleep 0.05; done
            """
        let options = CommandOptions(progress: ProgressFeed(), interruptGrace: .seconds(540))
        let lines = Mutex<[String]>([])
        let (started, starting) = AsyncStream<Void>.makeStream()
        let step = Step("tool") { context in
            let end = try await context.runTool(
                ToolRun(command: ["/bin/sh", "-c", script], stop: .leader(Signals.interrupt, grace: .seconds(540)))
            ) { line in
                lines.withLock { $0.append(line) }
                starting.yield()
            }
            lines.withLock { $0.append("\(end)") }
        }
        let environment = try Sample.created().erased
        let task = Task {
            _ = try await ProvisionCommand(provider: .test([step]), repository: repository, options: options)
                .execute(environment.environment(as: Created.self))
        }
        for await _ in started { break }
        task.cancel()
        let error = await #expect(throws: CommandError.self) { try await task.value }
        #expect(error?.code == .interrupted)
        #expect(lines.withLock(\.self) == ["ready", "told", "in order", "exited(3)"])
    }
}
