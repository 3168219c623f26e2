import EnvironmentDomain
import EnvironmentPage
import JSONText

/// Environments for pages, in states that every page has to show.
enum Samples {
    static let readAt = Timestamp(millisecondsSince1970: 1_795_000_000_000)

    static func moment(_ seconds: Double) -> Timestamp {
        Timestamp(millisecondsSince1970: readAt.millisecondsSince1970 - 3_600_000 + Int64(seconds * 1000))
    }

    static func run(_ number: Int) throws -> CommandID {
        let digits = String(number)
        return try CommandID(String(repeating: "0", count: 32 - digits.count) + digits)
    }

    /// A document of the state with these members of its payload.
    static func document(
        _ name: String, _ state: LifecycleState, details: String = "{}", outputs: [String: String] = [:],
        parameters: [String: String] = [:]
    ) throws -> AnyEnvironmentState {
        func object(_ values: [String: String]) -> JSONValue {
            .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        let members: [(String, JSONValue)] = [
            ("created_at", .string(moment(0).text)), ("instance_name", .string("env-\(name)")), ("name", .string(name)),
            ("outputs", object(outputs)), ("parameters", object(parameters)),
            ("provider", .object(["kind": .string("workflow"), "source": .string("/srv/deploy/workflow.json")])),
            ("ssh_port", JSONValue(22)), ("state", try JSONValue(parsing: Array(details.utf8))),
        ]
        let document = JSONValue.object([state.typeName: .object(JSONObject(members))])
        return try document.decoded()
    }

    static func environment(
        _ name: String, _ document: AnyEnvironmentState, serial: Int = 12
    ) throws -> ReportedEnvironment {
        let stored = StoredEnvironment(
            document: document, lineage: nil, serial: serial, savedAt: moment(100), line: nil)
        var environment = ReportedEnvironment(name: try EnvironmentName(name), standing: .stored(stored))
        environment.since = moment(100)
        environment.folder = "/srv/deploy/data/\(name)"
        return environment
    }

    static func created(_ name: String = "plain") throws -> ReportedEnvironment {
        var environment = try environment(name, try document(name, .created))
        environment.next = "envctl provision \(name)"
        return environment
    }

    /// A release that failed in its second step, at the third attempt.
    static func failed(
        _ name: String = "shop", summary: String = "exited with status 6", text: String = "curl: (22) 404",
        value: String = "v3"
    ) throws -> ReportedEnvironment {
        let failure: JSONValue = .object([
            "attempts": JSONValue(3), "duration_ms": JSONValue(2500), "error_kind": .string("exit_status"),
            "failed_at": .string(moment(14.5).text), "failed_step": .string("fetch"),
            "started_at": .string(moment(12).text), "summary": .string(summary),
            "trace_file": .string("/srv/deploy/data/\(name)/traces/1.txt"),
            "trace_id": .string(String(repeating: "7", count: 32)),
        ])
        let details = """
            {"instance": {"address": "10.0.0.7"}, "failure": \(String(decoding: try failure.text(), as: UTF8.self)),
            "progress": {"command_id": "\(try run(3))", "started_at": "\(moment(10))", "completed": [
            {"attempts": 2, "finished_at": "\(moment(12))", "name": "pack", "started_at": "\(moment(10))"}]}}
            """
        let document = try document(
            name, .releaseFailed, details: details, outputs: ["service_url": value], parameters: ["tag": value])
        var environment = try environment(name, document)
        var history = RunHistory([
            try line(1, run: 1, .create, .transition(from: nil, to: .created), at: 0),
            try line(2, run: 2, .provision, .transition(from: .created, to: .provisioning), at: 1),
            try line(3, run: 2, .provision, .step("make", .started), at: 1),
            try line(4, run: 2, .provision, .step("make", .completed), at: 5),
            try line(5, run: 2, .provision, .transition(from: .provisioning, to: .provisioned), at: 5),
            try line(6, run: 3, .release, .transition(from: .configured, to: .releasing), at: 10, reason: text),
            try line(7, run: 3, .release, .step("pack", .started), at: 10),
            try line(8, run: 3, .release, .step("pack", .completed), at: 12),
            try line(9, run: 3, .release, .step("fetch", .started), at: 12),
            try line(10, run: 3, .release, .step("fetch", .failed), at: 14.5),
            try line(11, run: 3, .release, .transition(from: .releasing, to: .releaseFailed), at: 14.5),
        ])
        history.add(document)
        environment.history = history
        environment.log = Excerpt(path: "/srv/deploy/data/\(name)/logs/3/02-fetch.log", lines: ["fetching", text])
        environment.trace = Excerpt(path: "/srv/deploy/data/\(name)/traces/1.txt", lines: ["Trace 77", text])
        environment.advice = ["Read what the step printed, repair the cause, and retry."]
        environment.changes = StateChanges(
            from: 5, to: 11,
            members: [
                .init(path: "parameters.tag", before: "\"v2\"", after: "\"\(value)\""),
                .init(path: text, before: text, after: nil),
            ])
        environment.next = "envctl retry \(name)"
        environment.wholeHistory = "envctl history \(name)"
        return environment
    }

    static func damaged(_ name: String = "broken", message: String = "the log is damaged") throws
        -> ReportedEnvironment
    {
        let error = RepositoryError(.corruptedStateFile, message, path: "/srv/deploy/data/\(name)/history.jsonl")
        var environment = ReportedEnvironment(name: try EnvironmentName(name), standing: .damaged(error))
        environment.next = "envctl doctor \(name)"
        return environment
    }

    static func line(
        _ serial: Int, run: Int, _ command: CommandName, _ change: HistoryEvent.Change, at seconds: Double,
        reason: String? = nil, missed: [HistoryEvent] = []
    ) throws -> HistoryLine {
        HistoryLine(
            serial: serial,
            event: HistoryEvent(
                at: moment(seconds), command: command, commandID: try Samples.run(run), change: change, reason: reason),
            previous: nil, missed: missed)
    }

    static func page(_ environments: [ReportedEnvironment], location: String = "/srv/deploy/data") -> String {
        EnvironmentPage(
            location: location, readAt: readAt, generator: "envctl 0.2.0", environments: environments
        ).text
    }
}
