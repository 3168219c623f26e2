import EnvironmentDomain
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The tool's outputs")
struct InstanceOutputsTests {
    private func outputs(_ text: String) throws -> InstanceOutputs {
        try InstanceOutputs(Array(text.utf8), for: Sample.created().snapshot.context)
    }

    private func output(_ value: String, sensitive: Bool = false) -> String {
        "{\"sensitive\":\(sensitive),\"type\":\"dynamic\",\"value\":\(value)}"
    }

    @Test("name hosts, with the environment's user and port as defaults")
    func hosts() throws {
        let found = try outputs(
            """
            {"hosts":\(output(#"{"web":{"address":"10.0.0.7","port":2222},"app":{"address":"::1","user":"me","port":"22"}}"#))}
            """)
        #expect(found.address.text == "::1")
        #expect(
            found.hostsText
                == #"{"app":{"address":"::1","port":22,"user":"me"},"web":{"address":"10.0.0.7","port":2222,"user":"deploy"}}"#
        )
    }

    @Test(
        "say which host is the instance",
        arguments: ["instance_address", "instance_ip"], ["\"10.0.0.9\"", "\"web\""])
    func instance(name: String, value: String) throws {
        let found = try outputs(
            """
            {"\(name)":\(output(value)),"hosts":\(output(#"{"app":{"address":"10.0.0.1"},"web":{"address":"10.0.0.9"}}"#))}
            """)
        #expect(found.address.text == "10.0.0.9")
    }

    @Test("name one host by its address alone", arguments: ["instance_address", "instance_ip"])
    func single(name: String) throws {
        let found = try outputs("{\"\(name)\":\(output("\"10.0.0.7\""))}")
        #expect(found.hosts.keys.sorted() == ["instance"] && found.address.text == "10.0.0.7")
    }

    @Test("may say that there are no hosts")
    func none() throws {
        let found = try outputs(
            "{\"instance_address\":\(output("\"db.example.com\"")),\"hosts\":\(output("{}"))}")
        #expect(found.hosts.isEmpty && found.address.text == "db.example.com")
    }

    @Test(
        "keep all other values unchanged",
        arguments: [
            ("9007199254740993", "9007199254740993"), ("1.10", "1.10"), ("1e400", "1e400"), ("\"1.10\"", "1.10"),
            ("\"no\"", "no"), ("\"\"", ""), ("\"a\\nb\\r\"", "a\nb\r"), ("true", "true"),
            ("[12345678901234567890,\"x\",null]", "[12345678901234567890,\"x\",null]"),
            ("{\"b\":1.0,\"a\":{}}", "{\"a\":{},\"b\":1.0}"),
        ])
    func others(value: String, text: String) throws {
        let found = try outputs("{\"instance_ip\":\(output("\"10.0.0.1\"")),\"web-x\":\(output(value))}")
        #expect(found.others == ["web-x": text, "instance_ip": "10.0.0.1"] && found.omitted.isEmpty)
    }

    @Test("that cannot be stored are named with the reason")
    func omitted() throws {
        let found = try outputs(
            """
            {"instance_ip":\(output("\"10.0.0.1\"")),"none":\(output("null")),"infrastructure_tool":\(output("1")),
            "secret":\(output("\"CANARY\"", sensitive: true)),"__ansible_unsafe":\(output("1"))}
            """)
        #expect(found.omitted.keys.sorted() == ["__ansible_unsafe", "infrastructure_tool", "none", "secret"])
        #expect(found.others.keys.sorted() == ["instance_ip"])
    }

    @Test("keep a host's other values besides its address")
    func hostMembers() throws {
        let found = try outputs(
            "{\"hosts\":\(output(#"{"web":{"address":"10.0.0.7","role":"db","size":1.50}}"#))}")
        #expect(
            found.hostsText
                == #"{"web":{"address":"10.0.0.7","port":22,"role":"db","size":1.50,"user":"deploy"}}"#)
    }

    @Test(
        "are refused with the expected form",
        arguments: [
            ("{}", "missing_output", "output \"instance_address\""),
            ("nonsense", "invalid_output", "whole JSON"),
            (#"{"instance_address":{"sensitive":true,"value":"CANARY"}}"#, "invalid_output", "marked as sensitive"),
            (
                #"{"hosts":{"sensitive":true,"value":{"web":{"address":"CANARY"}}}}"#, "invalid_output",
                "marked as sensitive"
            ),
            (#"{"instance_address":{"value":null}}"#, "missing_output", "instance_address"),
            (#"{"instance_address":{"value":7}}"#, "invalid_output", "address"),
            (#"{"instance_address":{"value":"CANARY with blanks"}}"#, "invalid_output", "host's name"),
            (#"{"hosts":{"value":{}}}"#, "invalid_output", "map of host names"),
            (#"{"hosts":{"value":["a"]}}"#, "invalid_output", "map of host names"),
            (#"{"hosts":{"value":{"web":"10.0.0.1"}}}"#, "invalid_output", "hosts[\"web\"] has no address"),
            (#"{"hosts":{"value":{"-web":{"address":"10.0.0.1"}}}}"#, "invalid_output", "a host's name"),
            (#"{"hosts":{"value":{"web":{"address":"10.0.0.1","user":"-o"}}}}"#, "invalid_output", ".user"),
            (#"{"hosts":{"value":{"web":{"address":"10.0.0.1","port":0}}}}"#, "invalid_output", ".port"),
            (#"{"hosts":{"value":{"web":{"address":"-oProxyCommand=x"}}}}"#, "invalid_output", ".address"),
        ])
    func refused(text: String, kind: String, saying: String) throws {
        let error = try #require(throws: StepError.self) { try outputs(text) }
        #expect(error.kind.rawValue == kind && error.summary.contains(saying), "\(error)")
        #expect(!error.summary.contains("CANARY"))
    }
}

@Suite("An output that a line cannot hold")
struct ExactOutputTests {
    @Test(
        "is unchanged in the file of outputs",
        arguments: [
            ("web-address", "x"), ("lines", "one\ntwo\n"), ("größe", "\r"), ("_x", ""),
            ("a", "\u{2028}\u{301}{\"name\":1}"),
        ])
    func roundTrip(name: String, value: String) throws {
        let line = try #require(Outputs.exactLine(name, value))
        #expect(!line.utf8.contains(UInt8(ascii: "\n")))
        let outputs = Outputs(Array((line + "\n").utf8), isFinished: true)
        #expect(outputs.complaints.isEmpty)
        let found = try #require(outputs.values.first)
        #expect(found.name == name && found.value.unicodeScalars.elementsEqual(value.unicodeScalars))
    }

    @Test("is refused when its name is no identifier, or its value cannot be an environment variable")
    func refused() {
        for name in ["", "1a", "-a", "a b", "a=b", "a.b", String(repeating: "a", count: 101)] {
            #expect(Outputs.exactLine(name, "x") == nil, "\(name)")
        }
        #expect(Outputs.exactLine("a", "\0") == nil)
        #expect(Outputs.exactLine("a", String(repeating: "x", count: Outputs.valueLimit + 1)) == nil)
    }
}
