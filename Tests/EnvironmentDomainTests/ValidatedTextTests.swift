import EnvironmentDomain
import Foundation
import Testing

@Suite("Validated values")
struct ValidatedTextTests {
    struct Table {
        let type: any ValidatedText.Type
        let kind: String
        let example: String
        let valid: [String]
        let invalid: [String]
    }

    /// A text, and the type that must accept or reject it.
    struct Case: CustomTestStringConvertible {
        let table: Table
        let text: String

        var testDescription: String { "\(table.kind) \"\(text)\"" }
    }

    private static func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

    private static let badNames = [
        "", "-a", "a-", "a--b", "1a", "A", "aB", "a_b", "a.b", "a b", "a\n", "a/b", "..", "ä", "a\u{301}", "ａ", "а",
        "a\u{0}", times(64, "a"),
    ]
    private static let goodNames = ["a", "a1", "a-1", "my-env", "a-b-c", times(63, "a"), "z9-0"]
    private static let badIdentifiers = [
        "", "_a", "1a", "A", "aB", "a-b", "a b", "a.b", "a\n", "ä", "a/b", "../a", "a\u{0}", times(101, "a"),
    ]
    private static let goodIdentifiers = ["a", "a_", "a__b", "create_instance", "step2", times(100, "a")]
    private static let hexadecimal = "0123456789abcdef0123456789abcdef"
    private static let badIDs = [
        "", times(31, "0"), times(33, "0"), times(32, "g"), hexadecimal.uppercased(), " " + times(31, "0"),
        times(31, "0") + "\n", times(31, "0") + "٣", "0x" + times(30, "0"),
    ]

    static let tables: [Table] = [
        Table(
            type: EnvironmentName.self, kind: "environment name", example: "my-env", valid: goodNames,
            invalid: badNames),
        Table(
            type: InstanceName.self, kind: "instance name", example: "env-my-env", valid: goodNames,
            invalid: badNames),
        Table(
            type: StepName.self, kind: "step name", example: "create_instance", valid: goodIdentifiers,
            invalid: badIdentifiers),
        Table(
            type: ProviderKind.self, kind: "provider", example: "local",
            valid: goodIdentifiers + ["local", "workflow", "opentofu"], invalid: badIdentifiers),
        Table(
            type: AbsolutePath.self, kind: "absolute path", example: "/srv/example",
            valid: ["/", "/a", "/a b", "/ä/😀", "/a/../b", "//a", "/" + times(4094, "a")],
            invalid: ["", "a", "./a", "~/a", " /a", "/a\n", "/\u{0}", "/\u{1B}[31m", "/" + times(4095, "a")]),
        Table(
            type: SSHUsername.self, kind: "SSH user name", example: "deploy",
            valid: ["a", "_", "_apt", "Deploy", "a.b", "a-b", "a1", "root", times(32, "a")],
            invalid: [
                "", "-a", "-oProxyCommand=x", ".a", "1a", "a b", "a@b", "a:b", "a\n", "ä", "a$", times(33, "a"),
            ]),
        Table(
            type: InstanceAddress.self, kind: "instance address", example: "10.0.0.7",
            valid: ["10.0.0.7", "::1", "fe80::1%eth0", "2001:db8::7", "host", "host-1.example.org", times(253, "a")],
            invalid: [
                "", "-a", "-oProxyCommand=x", ".a", "%a", "a b", "a\n", "a;b", "[::1]", "a/b", "me@host", "ä",
                times(254, "a"),
            ]),
        Table(
            type: CommandID.self, kind: "command id", example: hexadecimal, valid: [hexadecimal, times(32, "0")],
            invalid: badIDs),
        Table(
            type: Lineage.self, kind: "lineage", example: hexadecimal, valid: [hexadecimal, times(32, "f")],
            invalid: badIDs),
        Table(type: TraceID.self, kind: "trace id", example: hexadecimal, valid: [hexadecimal], invalid: badIDs),
        Table(type: LockID.self, kind: "lock id", example: hexadecimal, valid: [hexadecimal], invalid: badIDs),
        Table(
            type: Checksum.self, kind: "checksum", example: "crc32c:0a1b2c3d",
            valid: ["crc32c:0a1b2c3d", "crc32c:00000000", "crc32c:ffffffff"],
            invalid: [
                "", "crc32c:", "0a1b2c3d", "crc32c:0a1b2c3", "crc32c:0a1b2c3d4", "crc32c:0A1B2C3D", "crc32:0a1b2c3d",
                "crc32c:0a1b2c3g", "crc32c: a1b2c3d", "CRC32C:0a1b2c3d",
            ]),
        Table(
            type: Timestamp.self, kind: "time", example: "2026-11-20T22:19:01.123Z",
            valid: ["2026-11-20T22:19:01.123Z", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"],
            invalid: ["", "now", "2026-11-20", "2026-11-20T22:19:01"]),
    ]

    static let valid = tables.flatMap { table in table.valid.map { Case(table: table, text: $0) } }
    static let invalid = tables.flatMap { table in table.invalid.map { Case(table: table, text: $0) } }

    private func make<Value: ValidatedText>(_: Value.Type, _ text: String) throws -> any ValidatedText {
        try Value(text)
    }

    private func decode<Value: ValidatedText>(_: Value.Type, _ text: String) throws -> any ValidatedText {
        try JSONDecoder().decode([Value].self, from: JSONEncoder().encode([text]))[0]
    }

    private func encode(_ value: some ValidatedText) throws -> String? {
        try JSONDecoder().decode([String].self, from: JSONEncoder().encode([value])).first
    }

    @Test("A valid text is unchanged in the value, its description and its JSON", arguments: valid)
    func takes(valid: Case) throws {
        let value = try make(valid.table.type, valid.text)
        #expect(value.text == valid.text)
        #expect(value.description == valid.text)
        #expect(try encode(value) == valid.text)
        #expect(try decode(valid.table.type, valid.text).text == valid.text)
    }

    @Test("An invalid text is refused with a message that shows it, its kind and a valid example", arguments: invalid)
    func refuses(invalid: Case) throws {
        let error = #expect(throws: InvalidValue.self) { try make(invalid.table.type, invalid.text) }
        #expect(error?.kind == invalid.table.kind)
        #expect(error?.text == invalid.text)
        #expect(error?.example == invalid.table.example)
        let message = try #require(error?.description)
        #expect(message.hasPrefix("\(invalid.text.quotedAsJSON) is not a valid \(invalid.table.kind): "))
        #expect(message.hasSuffix("; for example \"\(invalid.table.example)\""))
    }

    @Test("An invalid text in JSON is refused with the same message", arguments: invalid)
    func decodingRefuses(invalid: Case) throws {
        let message = #expect(throws: InvalidValue.self) { try make(invalid.table.type, invalid.text) }?.description
        let error = #expect(throws: DecodingError.self) { try decode(invalid.table.type, invalid.text) }
        guard case .dataCorrupted(let context)? = error else {
            Issue.record("the error is \(String(describing: error))")
            return
        }
        #expect(context.debugDescription == message)
    }

    @Test("Every example that a message shows is itself valid", arguments: tables.indices)
    func examples(index: Int) throws {
        let table = Self.tables[index]
        #expect(try make(table.type, table.example).text == table.example)
    }

    @Test("A name's message contains the complete rule")
    func message() {
        let text = "My Env"
        let error = #expect(throws: InvalidValue.self) { try EnvironmentName(text) }
        #expect(
            error?.description
                == "\"My Env\" is not a valid environment name: 1 to 63 lower-case letters, digits and single inner"
                + " dashes, a letter first; for example \"my-env\"")
    }

    @Test("A JSON value that is not a text is refused", arguments: ["[1]", "[null]", "[true]", "[{}]"])
    func wrongType(json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([EnvironmentName].self, from: Data(json.utf8))
        }
    }

    @Test("Values are ordered as their texts are")
    func order() throws {
        let names = try ["b", "a-b", "a", "a1"].map { try EnvironmentName($0) }
        #expect(names.sorted().map(\.text) == ["a", "a-b", "a1", "b"])
    }
}

@Suite("An SSH port")
struct SSHPortTests {
    @Test("Ports from 1 to 65535 are accepted, and unchanged in JSON", arguments: [1, 22, 2222, 65535])
    func takes(number: Int) throws {
        let port = try SSHPort(number)
        #expect(port.number == number)
        #expect(port.description == "\(number)")
        #expect(String(decoding: try JSONEncoder().encode([port]), as: UTF8.self) == "[\(number)]")
        #expect(try JSONDecoder().decode([SSHPort].self, from: Data("[\(number)]".utf8)) == [port])
    }

    @Test("Other numbers are refused with the number and an example", arguments: [0, -1, 65536, .max, .min])
    func refuses(number: Int) {
        let message =
            "\"\(number)\" is not a valid SSH port: a whole number from 1 to 65535; for example \"22\""
        let error = #expect(throws: InvalidValue.self) { try SSHPort(number) }
        #expect(error?.description == message)
        let decoding = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([SSHPort].self, from: Data("[\(number)]".utf8))
        }
        #expect(decoding.map { String(describing: $0) }?.contains("is not a valid SSH port") == true)
    }

    @Test("The standard port is 22")
    func standard() {
        #expect(SSHPort.standard.number == 22)
    }
}

@Suite("The name of an instance")
struct InstanceNameTests {
    @Test(
        "It is env- and the environment's name if that is short enough",
        arguments: ["a", "my-env", String(repeating: "a", count: 59)])
    func usual(name: String) throws {
        #expect(try InstanceName(for: EnvironmentName(name)).text == "env-\(name)")
    }

    @Test("A longer name gives a valid name that is unique to it", arguments: 60...63)
    func long(length: Int) throws {
        let start = String(repeating: "a", count: length - 1)
        let names = try "abcdefghijklmnopqrstuvwxyz0123456789".map { try EnvironmentName("\(start)\($0)") }
        let derived = names.map { InstanceName(for: $0).text }
        for text in derived {
            #expect(try InstanceName(text).text == text)
            #expect(text.hasPrefix("env-aaaa"))
        }
        #expect(Set(derived).count == names.count)
    }

    @Test("A dash where a long name is shortened does not become a double dash", arguments: 1...61)
    func dashAtTheCut(position: Int) throws {
        var characters = [Character](repeating: "a", count: 63)
        characters[position] = "-"
        let derived = InstanceName(for: try EnvironmentName(String(characters)))
        #expect(try InstanceName(derived.text) == derived)
        #expect(derived.text.utf8.count <= 63)
    }

    @Test("The same long name always gives the same instance name")
    func stable() throws {
        let name = try EnvironmentName(String(repeating: "a", count: 63))
        #expect(InstanceName(for: name).text == "env-" + String(repeating: "a", count: 50) + "-7c5cee18")
    }
}

@Suite("A random id")
struct RandomIDTests {
    @Test("New ids are valid and differ")
    func random() throws {
        let ids = (0..<1000).map { _ in CommandID.random() }
        #expect(Set(ids).count == 1000)
        for id in ids { #expect(try CommandID(id.text) == id) }
    }
}

@Suite("An absolute path")
struct AbsolutePathTests {
    @Test("An entry of a folder is the folder's path, a slash and the name")
    func appending() throws {
        #expect(try AbsolutePath("/var/lib").appending(EnvironmentName("my-env")).text == "/var/lib/my-env")
    }

    @Test("A workspace's folders are in its root")
    func workspace() throws {
        let workspace = Workspace(root: try AbsolutePath("/var/lib/my-env"))
        #expect(
            [workspace.logs, workspace.traces, workspace.keys, workspace.instance, workspace.build]
                == ["logs", "traces", "keys", "instance", "build"].map { "/var/lib/my-env/\($0)" })
    }
}
