import EnvironmentDomain
import Testing

@testable import Commands

@Suite("An output key")
struct OutputKeyTests {
    private enum Colour: String, Codable { case red, dark = "dark red" }
    private struct Point: Codable, Equatable {
        var x: Int
        var name: String
    }

    private func text<Value: Codable & Sendable>(_ value: Value) throws -> String {
        try OutputKey<Value>("key").text(of: value)
    }
    private func value<Value: Codable & Sendable>(_ text: String, _: Value.Type = Value.self) throws -> Value {
        try OutputKey<Value>("key").value(of: text)
    }

    @Test("stores texts and numbers as they are written, and everything else as JSON")
    func texts() throws {
        #expect(try text("a \"b\"\nc") == "a \"b\"\nc" && text("12") == "12" && text("") == "")
        #expect(try text(8080) == "8080" && text(-1.5) == "-1.5" && text(true) == "true")
        #expect(try text(Colour.dark) == "dark red" && text(InstanceAddress("10.0.0.7")) == "10.0.0.7")
        #expect(try text([1, 2]) == "[1,2]" && text(["a"]) == "[\"a\"]")
        #expect(try text(Point(x: 1, name: "p")) == #"{"name":"p","x":1}"#)
        #expect(try text(["b": 1, "a": 2, "c": 3]) == #"{"a":2,"b":1,"c":3}"#)
    }

    @Test("of the package's own names the machines of an environment")
    func hosts() throws {
        let hosts = [
            "web": InstanceHost(
                address: try InstanceAddress("10.0.0.7"), port: try SSHPort(2222), user: SSHUsername("deploy")),
            "app": InstanceHost(address: try InstanceAddress("fe80::1")),
        ]
        let text = try OutputKey.hosts.text(of: hosts)
        #expect(text == #"{"app":{"address":"fe80::1"},"web":{"address":"10.0.0.7","port":2222,"user":"deploy"}}"#)
        #expect(try OutputKey.hosts.value(of: text) == hosts)
        let more = #"{"web":{"address":"10.0.0.7","zone":"a"}}"#
        #expect(try OutputKey.hosts.value(of: more)["web"]?.address.text == "10.0.0.7")
        #expect(throws: OutputError.self) { try OutputKey.hosts.value(of: #"{"web":{"address":"a b"}}"#) }
    }

    @Test("reads the outputs of shell steps")
    func values() throws {
        #expect(try value("08080") == 8080 && value("1e3") == 1000.0 && value("false") == false)
        #expect(try value("\"quoted\"") == "\"quoted\"" && value("dark red") == Colour.dark)
        #expect(try value("10.0.0.7", InstanceAddress.self).text == "10.0.0.7")
        #expect(try value(" [ 1, 2 ] ") == [1, 2] && value(#"{"x": 3, "name": ""}"#) == Point(x: 3, name: ""))
    }

    @Test("reports itself and the text when the text does not have its type")
    func wrong() throws {
        let error = #expect(throws: OutputError.self) { try OutputKey<Int>("port").value(of: "80 80") }
        #expect(error?.description == "the output port is \"80 80\", which is no Int")
        #expect(error?.key == "port" && error?.text == "80 80")
        #expect(throws: OutputError.self) { try OutputKey<Colour>("colour").value(of: "blue") }
        #expect(throws: OutputError.self) { try OutputKey<[Int]>("list").value(of: "[1,") }
    }

    @Test(
        "has a name that programs can read",
        arguments: ["", "1a", "a b", "a=b", "-a", String(repeating: "a", count: 101)])
    func invalidName(name: String) {
        let error = #expect(throws: InvalidValue.self) { try OutputKey<String>(name) }
        #expect(error?.kind == "output name" && error?.text == name)
    }

    @Test("can be an OpenTofu identifier", arguments: ["web-address", "_private", "größe", "A1"])
    func validName(name: String) throws { #expect(try OutputKey<String>(name).name == name) }
}
