import EnvironmentDomain
import Foundation
import Testing

@Suite("The log of transitions", .quietLog)
struct EnvironmentLogTests {
    @Test("Each transition logs exactly one record, with the environment and both states", arguments: Lifecycle.edges)
    func oneRecord(edge: LifecycleEdge) throws {
        let before = try Sample.environment(in: edge.from)
        let capture = LogCapture()
        _ = try EnvironmentLog.withHandler(capture.take, operation: { try before.taking(edge) })
        #expect(capture.records.count == 1)
        let record = try #require(capture.records.first)
        #expect(record.level == .info)
        #expect(record.message == "environment state transition")
        #expect(record.fields.map(\.name) == ["environment_name", "instance_name", "from_state", "to_state"])
        #expect(record.fields.map(\.value) == ["my-env", "env-my-env", edge.from.rawValue, edge.to.rawValue])
    }

    @Test("Creating a handle logs nothing, because the creation is logged with its save")
    func description() throws {
        let capture = LogCapture()
        try EnvironmentLog.withHandler(capture.take, operation: { _ = try Sample.created() })
        #expect(capture.records.isEmpty)
    }

    @Test("A creation has its own record, which is no transition")
    func creation() throws {
        let created = try Sample.created().erased
        let capture = LogCapture()
        EnvironmentLog.withHandler(capture.take, operation: { EnvironmentLog.creation(of: created) })
        #expect(capture.records.map(\.message) == ["environment created"])
        let record = try #require(capture.records.first)
        #expect(record.level == .info)
        #expect(record.fields.map(\.name) == ["environment_name", "instance_name", "to_state"])
        #expect(record.fields.map(\.value) == ["my-env", "env-my-env", "created"])
    }

    @Test("A record's time lies between the moments before and after the transition")
    func time() throws {
        let capture = LogCapture()
        let before = Timestamp.now()
        try EnvironmentLog.withHandler(capture.take, operation: { _ = try Sample.created().startProvisioning() })
        let after = Timestamp.now()
        let record = try #require(capture.records.first)
        #expect(record.timestamp >= before && record.timestamp <= after)
    }

    @Test("Reading, erasing and casting an environment log nothing")
    func silence() throws {
        let environment = try Sample.environment(in: .running)
        let capture = LogCapture()
        try EnvironmentLog.withHandler(capture.take) {
            let handle = try environment.environment(as: Running.self)
            _ = (handle.erased, handle.snapshot, handle.instanceAddress, environment.description)
            _ = try JSONDecoder().decode(AnyEnvironmentState.self, from: JSONEncoder().encode(environment))
        }
        #expect(capture.records.isEmpty)
    }

    @Test("An inner handler receives the records in its scope, and the outer one all others")
    func nesting() throws {
        let (outer, inner) = (LogCapture(), LogCapture())
        try EnvironmentLog.withHandler(outer.take) {
            let created = try Sample.created().erased
            let started = try EnvironmentLog.withHandler(inner.take) {
                try created.environment(as: Created.self).startProvisioning(Sample.run(1)).erased
            }
            _ = try started.environment(as: Provisioning.self).provisioned(Sample.anInstance())
        }
        #expect(outer.records.map { $0["to_state"] } == ["provisioned"])
        #expect(inner.records.map { $0["to_state"] } == ["provisioning"])
    }

    @Test("A child task logs to the handler of the task that started it")
    func childTasks() async throws {
        let capture = LogCapture()
        try await EnvironmentLog.withHandler(capture.take) {
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { _ = try Sample.created().startProvisioning() } }
                try await group.waitForAll()
            }
        }
        #expect(capture.records.count == 8)
    }

    @Test("Concurrent tasks, each with its handler, see only their own records", arguments: 0..<16)
    func parallelTests(number: Int) async throws {
        let capture = LogCapture()
        let name = try EnvironmentName("env-\(number)")
        try await EnvironmentLog.withHandler(capture.take) {
            for _ in 0..<20 {
                _ = Environment<Created>(name: name, sshCredentials: try Sample.credentials()).startProvisioning()
                await Task.yield()
            }
        }
        #expect(capture.records.count == 20)
        #expect(Set(capture.records.map { $0["environment_name"] }) == [name.text])
    }

    @Test("Without a handler, records from info up are written to standard error as text, and debug is not")
    func standardError() async throws {
        let result = try #require(
            await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
                for level in LogLevel.allCases {
                    EnvironmentLog.log(
                        LogRecord(
                            timestamp: Timestamp(millisecondsSince1970: 0), level: level, message: "a message",
                            fields: ["name": "a value"]))
                }
            })
        let lines = String(decoding: result.standardErrorContent, as: UTF8.self).split(separator: "\n")
        #expect(
            lines.filter { $0.contains("a message") } == [
                #"1970-01-01T00:00:00.000Z INFO a message name="a value""#,
                #"1970-01-01T00:00:00.000Z WARNING a message name="a value""#,
                #"1970-01-01T00:00:00.000Z ERROR a message name="a value""#,
            ])
    }

    @Test("No file of a state logs, because logging is in one place")
    func lint() throws {
        let files = try PackageFiles.swiftFiles(in: "Sources/EnvironmentDomain/States")
        #expect(files.count == 13)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            for word in ["EnvironmentLog", "log(", "LogRecord", "print("] {
                #expect(!text.contains(word), "\(file.lastPathComponent) contains \(word)")
            }
        }
    }

    @Test("Transitions are logged in one place of the whole module, withState")
    func onePlace() throws {
        let text = try PackageFiles.text("Sources/EnvironmentDomain/Environment.swift")
        #expect(text.ranges(of: "EnvironmentLog.transition").count == 1)
        let others = try ["", "/Values", "/Repository", "/States"]
            .flatMap { try PackageFiles.swiftFiles(in: "Sources/EnvironmentDomain\($0)") }
            .filter { $0.lastPathComponent != "Environment.swift" }
        for file in others {
            #expect(!(try String(contentsOf: file, encoding: .utf8).contains("EnvironmentLog.transition")))
        }
    }
}

@Suite("A log record")
struct LogRecordTests {
    private func record(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) throws -> LogRecord {
        LogRecord(timestamp: try Sample.time(0), level: .info, message: message, fields: fields)
    }

    @Test("A transition has this text and this JSON")
    func transition() throws {
        let record = try record(
            "environment state transition",
            [
                "environment_name": "my-env", "instance_name": "env-my-env", "from_state": "created",
                "to_state": "provisioning",
            ])
        #expect(
            record.text == "2026-11-20T22:19:01.123Z INFO environment state transition environment_name=my-env"
                + " instance_name=env-my-env from_state=created to_state=provisioning")
        #expect(
            record.json == #"{"timestamp":"2026-11-20T22:19:01.123Z","level":"info","#
                + #""message":"environment state transition","environment_name":"my-env","#
                + #""instance_name":"env-my-env","from_state":"created","to_state":"provisioning"}"#)
    }

    @Test(
        "A value that is not plain is quoted in the text",
        arguments: [
            ("plain-1.2_3:/+@%,", "plain-1.2_3:/+@%,"), ("", #""""#), ("two words", #""two words""#),
            ("a=b", #""a=b""#), ("say \"hi\"", #""say \"hi\"""#), ("back\\slash", #""back\\slash""#),
            ("line\nfeed\ttab\rreturn", #""line\nfeed\ttab\rreturn""#), ("\u{1B}[31m", #""\u001b[31m""#),
            ("\u{7F}\u{85}", #""\u007f\u0085""#), ("grün", #""grün""#), ("😀", #""😀""#),
        ])
    func quoting(value: String, written: String) throws {
        #expect(try record("m", ["v": value]).text == "2026-11-20T22:19:01.123Z INFO m v=\(written)")
    }

    @Test("A message stays on one line and cannot control a terminal")
    func controlCharacters() throws {
        let record = try record("one\ntwo\u{1B}[2J\u{9B}3\u{7F}")
        #expect(record.text == "2026-11-20T22:19:01.123Z INFO one two 3 ")
        #expect(!record.json.contains("\n"))
    }

    @Test("The JSON of any text decodes to that text")
    func jsonIsJSON() throws {
        var source = RandomSource(seed: 7)
        let every = String(String.UnicodeScalarView((0...0x2FF).compactMap(Unicode.Scalar.init))) + "😀\u{2028}"
        for _ in 0..<200 {
            let text = source.text(of: every, length: 0...30)
            let json = try record(text, ["v": text]).json
            let read = try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
            #expect(read["message"] == text)
            #expect(read["v"] == text)
        }
    }

    @Test("Fields are found by name, and a missing one is nil")
    func fields() throws {
        let record = try record("m", ["a": "1", "b": "2"])
        #expect(record["a"] == "1")
        #expect(record["b"] == "2")
        #expect(record["c"] == nil)
    }

    @Test("Levels are ordered from debug to error")
    func levels() {
        #expect(LogLevel.allCases == [.debug, .info, .warning, .error])
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
        #expect(LogLevel.debug < .info && LogLevel.info < .warning && LogLevel.warning < .error)
    }
}
