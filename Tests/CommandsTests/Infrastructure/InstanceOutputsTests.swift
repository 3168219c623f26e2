import EnvironmentDomain
import Testing

@testable import Commands

@Suite("The tool's outputs")
struct InstanceOutputsTests {
    private func outputs(_ text: String) throws -> InstanceOutputs {
        try InstanceOutputs(Array(text.utf8), for: Sample.created().snapshot.context)
    }

    private func output(_ value: String, sensitive: Bool = false) -> String {
        "{\"sensitive\":\(sensitive),\"type\":\"dynamic\",\"value\":\(value)}"
    }

    @Test("name hosts, with user and port of the environment where they say none")
    func hosts() throws {
        let found = try outputs(
            """
            {"hosts":\(output(#"{"web":{"address":"10.0.0.7","port":2222},"app":{"address":"::1","user":"me","port":"22"}}"#))}
            """)
        #expect(found.address.text == "::1")
        #expect(
            try found.hostsText
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

    @Test("may say that there is nothing to log in on")
    func none() throws {
        let found = try outputs(
            "{\"instance_address\":\(output("\"db.example.com\"")),\"hosts\":\(output("{}"))}")
        #expect(found.hosts.isEmpty && found.address.text == "db.example.com")
    }

    @Test(
        "are refused with what is expected",
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
        #expect(error.kind == kind && error.summary.contains(saying), "\(error)")
        #expect(!error.summary.contains("CANARY"))
    }
}
