import Synchronization
import Testing

@testable import Commands
@testable import OpenTofuProvider

/// Tests with event lines of Terraform 1.11.4, without the members that are not read.
@Suite("The events of OpenTofu or Terraform")
struct ToolReportTests {
    private func hook(
        _ type: String, _ address: String, action: String? = nil, output: String? = nil, seconds: Int? = nil
    ) -> String {
        let members = [
            action.map { "\"action\":\"\($0)\"" }, output.map { "\"provisioner\":\"local-exec\",\"output\":\"\($0)\"" },
            seconds.map { "\"elapsed_seconds\":\($0)" },
        ].compactMap(\.self)
        let more = members.isEmpty ? "" : "," + members.joined(separator: ",")
        return """
            {"@level":"info","@message":"…","@module":"terraform.ui","hook":{"resource":{"addr":"\(address)","module":"","resource":"\(address)"}\(more)},"type":"\(type)"}
            """
    }

    private func planned(_ address: String, _ action: String) -> String {
        """
        {"@level":"info","@message":"\(address): Plan to \(action)","change":{"resource":{"addr":"\(address)"},"action":"\(action)"},"type":"planned_change"}
        """
    }

    private func report(_ lines: [String]) -> (result: ToolReport.State, shown: [ToolReport.Line]) {
        let shown = Mutex<[ToolReport.Line]>([])
        let report = ToolReport { line in shown.withLock { $0.append(line) } }
        for line in lines { report.take(line) }
        return (report.result, shown.withLock(\.self))
    }

    @Test("keeps everything but provisioner output, and the first notice of a secret")
    func weights() {
        let report = ToolReport()
        func weight(_ line: String, leftOut: Int = 0) -> EventWeight {
            report.weigh(Array(line.utf8)[...], leftOut: leftOut)
        }
        let secret = "(output suppressed due to sensitive value in config)"
        #expect(weight(hook("provision_progress", "a.b", output: "text")) == .passing)
        #expect(weight(hook("provision_progress", "a.b", output: secret)) == .kept)
        #expect(weight(hook("provision_progress", "a.b", output: secret)) == .passing)
        #expect(weight(hook("provision_progress", "a.c", output: secret)) == .kept)
        #expect(weight(hook("apply_start", "a.b", action: "create")) == .kept)
        #expect(weight(hook("apply_errored", "a.b", action: "create")) == .kept)
        #expect(weight(#"{"@level":"info","@message":"Plan","changes":{"add":1},"type":"change_summary"}"#) == .kept)
        let quoted = #"{"@level":"error","@message":"\"type\":\"provision_progress\"}","type":"diagnostic"}"#
        #expect(weight(quoted) == .kept)
        #expect(weight("not JSON") == .kept)
        // The end of a line that is too long is missing.
        #expect(weight(#"{"@level":"info","@message":"a.b (local-exec): xxx"#, leftOut: 1) == .passing)
        #expect(weight(#"{"@level":"info","@message":"Emergency state dump","state":"#, leftOut: 1) == .kept)
        #expect(weight(#"{"@level":"error","@message":"Error: xxx"#, leftOut: 1) == .kept)
    }

    @Test("becomes progress resource by resource, with totals")
    func progress() {
        let (result, shown) = report([
            planned("aws_instance.web", "create"), planned("aws_instance.old", "replace"),
            planned("aws_instance.same", "noop"),
            hook("apply_start", "aws_instance.web", action: "create"),
            hook("apply_progress", "aws_instance.web", action: "create", seconds: 10),
            hook("apply_complete", "aws_instance.web", action: "create", seconds: 12),
            hook("apply_start", "aws_instance.old", action: "delete"),
        ])
        #expect(
            shown == [
                .init(text: "aws_instance.web: creating", done: 0, total: 3),
                .init(text: "aws_instance.web: still creating (10 s)", done: 0, total: 3),
                .init(text: "aws_instance.web: created (12 s)", done: 1, total: 3),
                .init(text: "aws_instance.old: removing", done: 1, total: 3),
            ])
        #expect(result.running == ["aws_instance.old": "delete"])
        #expect(result.planned.map(\.action) == ["create", "replace"])
    }

    @Test("names the resource that failed and the place in the user's files")
    func failure() throws {
        let diagnostic = #"""
            {"@level":"error","@message":"Error: boom","diagnostic":{"severity":"error","summary":"local-exec provisioner error","detail":"Error running command 'exit 3': exit status 3. Output: \n","address":"terraform_data.b","range":{"filename":"main.tf","start":{"line":12,"column":28,"byte":254},"end":{"line":12,"column":29,"byte":255}},"snippet":{"context":null,"code":"x","start_line":12,"highlight_start_offset":0,"highlight_end_offset":1,"values":[]}},"type":"diagnostic"}
            """#
        let (result, _) = report([
            hook("apply_start", "terraform_data.b", action: "create"),
            hook("apply_errored", "terraform_data.b", action: "create"), diagnostic,
        ])
        #expect(result.failed == ["terraform_data.b"] && result.running.isEmpty)
        let first = try #require(result.errors.first)
        #expect(first.line == "local-exec provisioner error (terraform_data.b, main.tf:12)")
        #expect(first.text.last?.contains("exit status 3") == true)
    }

    @Test("shows only the outcome of a provisioner that handles a secret")
    func secretProvisioner() {
        let suppressed = "(output suppressed due to sensitive value in config)"
        let (result, shown) = report([
            hook("apply_start", "terraform_data.s", action: "create"),
            hook("provision_start", "terraform_data.s"),
            hook("provision_progress", "terraform_data.s", output: suppressed),
            hook("provision_progress", "terraform_data.s", output: suppressed),
            hook("apply_errored", "terraform_data.s", action: "create"),
            #"{"diagnostic":{"severity":"error","summary":"local-exec provisioner error","detail":"Error running command 'echo CANARY; exit 3': exit status 3. Output: CANARY\n","address":"terraform_data.s"},"type":"diagnostic"}"#,
        ])
        let words = shown.map(\.text) + result.diagnostics.flatMap(\.text)
        #expect(!words.contains { $0.contains("CANARY") })
        #expect(words.contains { $0.contains("exit status 3") })
        #expect(words.filter { $0.contains(suppressed) }.count == 1)
    }

    @Test("are not shown when they contain the complete state")
    func dump() {
        let line =
            #"{"@level":"info","@message":"Emergency state dump","state":{"lineage":"l","serial":1,"x":"CANARY"},"type":"log"}"#
        #expect(report([line]).shown.isEmpty)
    }

    @Test("hides only warnings about this package's variables that the user's files do not declare")
    func undeclared() {
        func warning(_ file: String) -> String {
            #"{"diagnostic":{"severity":"warning","summary":"Value for undeclared variable","detail":"The root module does not declare a variable named \"x\" but a value was found in file \"\#(file)\"."},"type":"diagnostic"}"#
        }
        #expect(report([warning("environment.auto.tfvars.json")]).shown.isEmpty)
        #expect(!report([warning("terraform.tfvars")]).shown.isEmpty)
    }

    @Test(
        "is skipped when it is no event",
        arguments: ["", "panic: runtime error", "{", "[]", "{\"type\":7}", "{\"type\":\"apply_start\"}"])
    func garbage(line: String) {
        let (result, shown) = report([line])
        #expect(!result.hasStarted && result.diagnostics.isEmpty && shown.isEmpty)
    }

    @Test("names resources that are incomplete because a provisioner was interrupted")
    func halfMade() {
        let cut = report([
            hook("apply_start", "a", action: "create"), hook("provision_start", "a"),
            hook("apply_start", "b", action: "create"), hook("provision_start", "b"),
            hook("apply_complete", "b", action: "create"),
            hook("apply_start", "c", action: "create"),
            hook("apply_start", "d", action: "delete"), hook("provision_start", "d"),
        ]).result
        #expect(cut.halfMade(after: [], untainted: []) == ["a"])
        let removed = report([
            hook("apply_start", "a", action: "delete"), hook("apply_complete", "a", action: "delete"),
        ]).result
        #expect(removed.halfMade(after: ["a", "z"], untainted: []) == ["a", "z"])
        let made = report([
            hook("apply_start", "a", action: "create"), hook("provision_start", "a"),
            hook("apply_complete", "a", action: "create"),
        ]).result
        #expect(made.halfMade(after: ["a", "z"], untainted: []) == ["z"])
    }
    @Test(
        "names a resource whose provisioner failed as incomplete, unless the state marks it",
        arguments: [(Set(["a"]), ["a"]), ([], []), (nil, ["a"])] as [(Set<String>?, [String])])
    func failedInProvisioner(untainted: Set<String>?, halfMade: [String]) {
        let killed = report([
            hook("apply_start", "a", action: "create"), hook("provision_start", "a"),
            hook("apply_errored", "a", action: "create"),
            hook("apply_start", "b", action: "create"), hook("apply_errored", "b", action: "create"),
        ]).result
        #expect(killed.halfMade(after: [], untainted: untainted) == halfMade)
    }
}
