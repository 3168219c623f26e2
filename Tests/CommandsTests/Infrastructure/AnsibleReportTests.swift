import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The report of Ansible's plugin")
struct AnsibleReportTests {
    private static let start = [
        #"{"event":"start","total":2}"#,
        #"{"event":"play","task":"all","hosts":2,"expected":["app","web"]}"#,
        #"{"event":"task","task":"First"}"#,
    ]
    private static let good = #"{"ok":1,"failures":0,"unreachable":0,"changed":1}"#

    private func failure(
        _ lines: [String], _ end: ToolRun.End = .exited(0), complaint: String = ""
    ) -> StepError? {
        var report = AnsibleReport()
        for line in Self.start + lines { _ = report.take(line) }
        return report.failure(end, complaint: complaint)
    }

    @Test(
        "keeps everything but successful items and foreign lines",
        arguments: [
            (#"{"host": "web", "task": "a", "event": "item_ok"}"#, EventWeight.passing),
            ("a line of a plugin", .passing), (#"{"event": "task", "task": "a"}"#, .read),
            (#"{"host": "web", "changed": true, "event": "ok"}"#, .read),
            (#"{"host": "web", "message": "\"event\": \"item_ok\"}", "event": "failed"}"#, .read),
        ])
    func weight(line: String, weight: EventWeight) {
        #expect(AnsibleReport.weigh(Array(line.utf8)[...], leftOut: 0) == weight)
        // The end of a line that was too long has no meaning.
        #expect((AnsibleReport.weigh(Array(line.utf8)[...], leftOut: 1) == .passing) == !line.hasPrefix("{"))
    }

    @Test("is shown task by task, with the known total")
    func words() {
        var report = AnsibleReport()
        let lines =
            Self.start + [
                #"{"event":"ok","host":"web","task":"First","changed":true}"#,
                #"{"event":"ok","host":"app","task":"First","changed":false}"#,
                #"{"event":"task","task":"Second"}"#,
                #"{"event":"skipped","host":"app","task":"Second","changed":false}"#,
                #"{"event":"task","task":"Included"}"#,
                #"{"event":"failed","host":"web","task":"Included","changed":false,"ignored":true,"message":"no"}"#,
                "a line that is none of the plugin's",
            ]
        #expect(
            lines.flatMap { report.take($0) } == [
                .task("First", position: 1, of: 2), .line("web: changed"), .line("app: ok"),
                .task("Second", position: 2, of: 2), .line("app: skipped"), .line("task 3: Included"),
                .line("web: failed, which is ignored: no"), .line("a line that is none of the plugin's"),
            ])
        #expect(report.changes == ["web: First"])
    }

    @Test("is a success only if the statistics name every host")
    func success() {
        #expect(failure([#"{"event":"stats","stats":{"app":\#(Self.good),"web":\#(Self.good)}}"#]) == nil)
        let missing = failure([#"{"event":"stats","stats":{"app":\#(Self.good)}}"#])
        #expect(missing?.kind == "hosts_missing" && missing?.summary.contains("web") == true)
        #expect(failure([])?.kind == "invalid_playbook")
        let status = failure([#"{"event":"stats","stats":{"app":\#(Self.good),"web":\#(Self.good)}}"#], .exited(5))
        #expect(status?.kind == "exit_status")
        #expect(failure([], .signalled(15))?.kind == "signal")
    }

    @Test("is no success if there are no hosts")
    func noHosts() {
        var report = AnsibleReport()
        for line in [
            #"{"event":"start","total":2}"#, #"{"event":"play","task":"all","hosts":0,"expected":[]}"#,
            #"{"event":"stats","stats":{}}"#,
        ] { _ = report.take(line) }
        #expect(report.failure(.exited(0), complaint: "")?.kind == "no_hosts")
    }

    @Test("names the task, the host and the module's own word")
    func taskFailed() {
        let bad = #"{"ok":0,"failures":1,"unreachable":0,"changed":0}"#
        let stats = #"{"event":"stats","stats":{"app":\#(Self.good),"web":\#(bad)}}"#
        let failed = failure(
            [
                #"{"event":"failed","host":"app","task":"Rescued","changed":false,"message":"made good"}"#,
                #"{"event":"item_failed","host":"web","task":"Install","changed":false,"message":"No package x"}"#,
                #"{"event":"failed","host":"web","task":"Install","changed":false,"message":"One or more items failed"}"#,
                stats,
            ], .exited(2))
        #expect(
            failed
                == StepError(kind: "task_failed", summary: "task \"Install\" failed on web: No package x"))
        let command = failure(
            [
                #"{"event":"failed","host":"web","task":"Run","changed":true,"message":"non-zero return code","status":7,"detail":"first\nlast word\n"}"#,
                stats,
            ], .exited(2))
        #expect(
            command?.summary == "task \"Run\" failed on web: non-zero return code (status 7) last word")
    }

    @Test("shows all output of a task, with the reason at the end")
    func printed() {
        var report = AnsibleReport()
        func lines(_ event: String) -> [String] {
            report.take(event).map { word in
                if case .line(let text) = word { text } else { "" }
            }
        }
        #expect(
            lines(
                #"{"event":"failed","host":"web","task":"T","changed":true,"message":"non-zero return code","status":3,"output":"a\r\nb\n","detail":"c\n\nd\n"}"#
            )
                == [
                    "web: stdout: a", "web: stdout: b", "web: stderr: c", "web: stderr: ", "web: stderr: d",
                    "web: failed: non-zero return code (status 3) d",
                ])
        #expect(
            lines(#"{"event":"ok","host":"web","task":"D","changed":false,"message":"one\ntwo","warnings":["w"]}"#)
                == ["web: warning: w", "web: one", "web: two", "web: ok"])
        #expect(lines(#"{"event":"item_ok","host":"web","task":"D","changed":false,"message":"x"}"#) == ["web: x"])
    }

    @Test("distinguishes an unreachable host from an unreadable playbook, unlike Ansible")
    func four() {
        let unreachable = failure(
            [
                #"{"event":"unreachable","host":"web","task":"First","changed":false,"message":"Connection refused"}"#,
                #"{"event":"stats","stats":{"app":\#(Self.good),"web":{"failures":0,"unreachable":1,"changed":0}}}"#,
            ], .exited(4))
        #expect(unreachable?.kind == "unreachable" && unreachable?.summary.contains("web") == true)
        var report = AnsibleReport()
        _ = report.take("")
        let invalid = report.failure(.exited(4), complaint: "[ERROR]: YAML parsing failed")
        #expect(invalid?.kind == "invalid_playbook" && invalid?.summary.contains("YAML parsing failed") == true)
    }
}
