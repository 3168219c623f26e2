import EnvironmentDomain
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The hosts in the outputs of provisioning")
struct SSHHostTests {
    private func hosts(_ text: String?) throws -> [SSHHost] {
        var snapshot = try Sample.created().snapshot
        snapshot.context.outputs["hosts"] = text
        return try SSHHost.all(of: snapshot.erased)
    }

    @Test("are read in the order of their names, with the environment's user and port as defaults")
    func read() throws {
        let hosts = try hosts(#"{"web":{"address":"10.0.0.8"},"app":{"address":"fe80::1","port":2222,"user":"root"}}"#)
        #expect(hosts.map(\.title) == ["app (root@fe80::1:2222)", "web (deploy@10.0.0.8:22)"])
    }

    @Test("are empty before provisioning")
    func none() throws {
        #expect(try hosts(nil) == [])
    }

    @Test(
        "are refused with the reason when a name or value is ambiguous",
        arguments: [
            ("[]", "it: "), ("{", "it is not JSON"), (#"{"web":{}}"#, "web has no address"),
            (#"{"web":{"address":"10.0.0.8","port":"22"}}"#, "web.port"),
            (#"{"web":{"address":"-oProxyCommand=x"}}"#, "instance address"),
            (#"{"web":{"address":"10.0.0.8","user":"a b"}}"#, "SSH user name"),
            (#"{"web":{"address":"10.0.0.8","port":70000}}"#, "SSH port"),
            (#"{"-F":{"address":"10.0.0.8"}}"#, "\"-F\" is no name for a host"),
            (#"{"a b":{"address":"10.0.0.8"}}"#, "\"a b\" is no name for a host"),
            (#"{"all":{"address":"10.0.0.8"}}"#, "\"all\" is no name for a host"),
        ])
    func refused(text: String, saying: String) throws {
        let error = #expect(throws: StepError.self) { try hosts(text) }
        #expect(error?.kind == "invalid_output")
        #expect(error?.summary.contains(saying) == true, "\(error?.summary ?? "")")
    }
}
