import EnvironmentDomain
import Foundation
import Testing

@Suite("A history event")
struct HistoryEventTests {
    private static let time = #""at":"2026-11-20T22:19:01.123Z","#
    private static let one = #""command_id":"00000000000000000000000000000001""#

    static let golden: [(change: HistoryEvent.Change, command: CommandName, json: String)] = [
        (
            .transition(from: nil, to: .created), .create,
            "{\(time)\"command\":\"create\",\(one),\"from\":null,\"to\":\"created\"}"
        ),
        (
            .transition(from: .running, to: .runFailed), .run,
            "{\(time)\"command\":\"run\",\(one),\"from\":\"running\",\"to\":\"run_failed\"}"
        ),
        (.saved, .save, "{\(time)\"command\":\"save\",\(one)}"),
    ]

    private static func event(_ change: HistoryEvent.Change, _ command: CommandName) throws -> HistoryEvent {
        HistoryEvent(at: try Sample.time(0), command: command, commandID: try Sample.id(1), change: change)
    }

    private static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func decode<Value: Decodable>(_: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    @Test("Each kind of change has this JSON, in both directions", arguments: golden.indices)
    func json(index: Int) throws {
        let (change, command, text) = Self.golden[index]
        let event = try Self.event(change, command)
        #expect(try Self.encode(event) == text)
        #expect(try Self.decode(HistoryEvent.self, text) == event)
    }

    @Test(
        "A step's event contains the step and its change",
        arguments: [
            (StepEvent.started, "started"), (.completed, "completed"), (.failed, "failed"),
            (.interrupted, "interrupted"),
        ])
    func step(stepEvent: StepEvent, word: String) throws {
        let event = try Self.event(.step(StepName("create_instance"), stepEvent), .provision)
        let text =
            "{\(Self.time)\"command\":\"provision\",\(Self.one),\"event\":\"\(word)\",\"step\":\"create_instance\"}"
        #expect(try Self.encode(event) == text)
        #expect(try Self.decode(HistoryEvent.self, text) == event)
    }

    @Test("Every state and every command is equal after encoding and decoding")
    func roundTrips() throws {
        for state in LifecycleState.allCases {
            for command in CommandName.allCases {
                let event = try Self.event(.transition(from: state, to: .destroyed), command)
                #expect(try Self.decode(HistoryEvent.self, Self.encode(event)) == event)
            }
        }
    }

    @Test(
        "An event that names no known state, step or command is refused",
        arguments: [
            "{\(time)\"command\":\"provision\",\(one),\"from\":null,\"to\":\"melted\"}",
            "{\(time)\"command\":\"melt\",\(one)}",
            "{\(time)\"command\":\"provision\",\(one),\"step\":\"Not A Step\",\"event\":\"started\"}",
            "{\(time)\"command\":\"provision\",\(one),\"step\":\"a_step\"}",
            "{\"command\":\"provision\",\(one)}",
        ])
    func refuses(text: String) {
        #expect(throws: DecodingError.self) { try Self.decode(HistoryEvent.self, text) }
    }

    @Test("The first line of a history has no previous checksum and no missed events")
    func firstLine() throws {
        let line = HistoryLine(
            serial: 1, event: try Self.event(.transition(from: nil, to: .created), .create), previous: nil,
            missed: [])
        let text = "{\(Self.time)\"command\":\"create\",\(Self.one),\"from\":null,\"serial\":1,\"to\":\"created\"}"
        #expect(try Self.encode(line) == text)
        #expect(try Self.decode(HistoryLine.self, text) == line)
    }

    @Test("A later line contains the checksum of the previous one and the step's event")
    func laterLine() throws {
        let line = HistoryLine(
            serial: 3, event: try Self.event(.step(StepName("create_instance"), .started), .provision),
            previous: Checksum(of: "123456789".utf8), missed: [])
        let text =
            "{\(Self.time)\"command\":\"provision\",\(Self.one),\"event\":\"started\","
            + #""previous":"crc32c:e3069283","serial":3,"step":"create_instance"}"#
        #expect(try Self.encode(line) == text)
        #expect(try Self.decode(HistoryLine.self, text) == line)
    }

    @Test("Events of failed saves are in the next line's array of missed events")
    func missed() throws {
        let lost = try Self.event(.step(StepName("a_step"), .completed), .run)
        let line = HistoryLine(
            serial: 4, event: try Self.event(.saved, .save), previous: Checksum(of: []), missed: [lost, lost])
        let inner =
            "{\(Self.time)\"command\":\"run\",\(Self.one),\"event\":\"completed\",\"step\":\"a_step\"}"
        let text =
            "{\(Self.time)\"command\":\"save\",\(Self.one),\"missed\":[\(inner),\(inner)],"
            + #""previous":"crc32c:00000000","serial":4}"#
        #expect(try Self.encode(line) == text)
        #expect(try Self.decode(HistoryLine.self, text) == line)
    }
}

@Suite("The holder of a lock")
struct LeaseHolderTests {
    static let full = LeaseHolder(
        lockID: try? Sample.id(1), pid: 4711, host: "build-1", bootID: "b007", processStarted: 99, user: "me",
        command: .provision, commandID: try? Sample.id(2), step: StepName("create_instance"),
        since: try? Sample.time(0))

    @Test(
        "The description contains the known members",
        arguments: [
            (
                full,
                "process 4711 (provision, step create_instance, user me, host build-1, since 2026-11-20T22:19:01.123Z)"
            ),
            (LeaseHolder(pid: 4711), "process 4711"),
            (LeaseHolder(pid: 4711, user: "me"), "process 4711 (user me)"),
            (LeaseHolder(pid: 4711, command: .destroy), "process 4711 (destroy)"),
            (LeaseHolder(), "a process that has not said who it is"),
            (LeaseHolder(pid: 0, user: "me"), "a process that has not said who it is"),
            (LeaseHolder(pid: -1), "a process that has not said who it is"),
            (LeaseHolder(host: "build-1"), "a process that has not said who it is"),
        ])
    func description(holder: LeaseHolder, text: String) {
        #expect(holder.description == text)
    }

    @Test("A holder has this JSON, without unknown members")
    func json() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(
            String(decoding: try encoder.encode(Self.full), as: UTF8.self)
                == #"{"boot_id":"b007","command":"provision","command_id":"00000000000000000000000000000002","#
                + #""host":"build-1","lock_id":"00000000000000000000000000000001","pid":4711,"process_started":99,"#
                + #""since":"2026-11-20T22:19:01.123Z","step":"create_instance","user":"me"}"#)
        #expect(String(decoding: try encoder.encode(LeaseHolder()), as: UTF8.self) == "{}")
        #expect(try JSONDecoder().decode(LeaseHolder.self, from: encoder.encode(Self.full)) == Self.full)
    }
}

@Suite("A repository's error")
struct RepositoryErrorTests {
    @Test("It describes what is known, and its cause")
    func description() {
        let cause = RepositoryError(.readStateFailed, "no such file")
        #expect(RepositoryError(.conflict, "somebody saved").description == "somebody saved")
        #expect(
            RepositoryError(.conflict, "somebody saved", cause: cause).description == "somebody saved [no such file]")
    }

    @Test("Its codes are words that programs can rely on")
    func codes() {
        #expect(
            RepositoryError.Code.allCases.map(\.rawValue) == [
                "serialization_failed", "deserialization_failed", "corrupted", "checksum_mismatch", "schema_too_new",
                "wrong_environment", "not_regular_file", "locked", "lock_unusable", "lock_lost",
                "conflict", "directory_creation_failed", "foreign_folder", "insufficient_space", "not_writable",
                "write_failed",
                "read_failed", "store_not_prepared", "busy", "record_refused", "record_pending", "frozen",
                "cancelled", "durability_unknown", "delete_failed",
            ])
    }
}
