import EnvironmentDomain
import Foundation
import Testing

@Suite("Jump hosts")
struct SSHJumpTests {
    @Test(
        "are read in order, each with its own name and port",
        arguments: [
            ("bastion", ["-@bastion:22"]), ("me@bastion.example:2222", ["me@bastion.example:2222"]),
            ("[fe80::1]", ["-@fe80::1:22"]), ("me@[fe80::1]:23", ["me@fe80::1:23"]),
            ("a,b@10.0.0.7", ["-@a:22", "b@10.0.0.7:22"]),
        ])
    func read(text: String, hops: [String]) throws {
        let jump = try SSHJump(text)
        #expect(jump.text == text)
        #expect(jump.hops.map { "\($0.username?.text ?? "-")@\($0.address):\($0.port)" } == hops)
    }

    @Test(
        "are refused when a part is ambiguous",
        arguments: [
            "", ",", "a,", "a,,b", "@a", "me@", "a:", "a:0", "a:70000", "a:+22", "a:٢٢", "fe80::1", "[fe80::1",
            "[fe80::1]22",
            "-oProxyCommand=x", "me@-a", "a b", "a;b", "a\nb", "ssh://a", "a,b,c,d,e,f,g,h,i",
        ])
    func refused(text: String) {
        #expect(throws: InvalidValue.self) { try SSHJump(text) }
    }

    @Test("are stored with the environment, and omitted when there are none")
    func stored() throws {
        for jump in [nil, try SSHJump("me@bastion:2222,[fe80::1]")] {
            let environment = Environment(
                name: EnvironmentName("my-env"), sshCredentials: try Sample.credentials(), sshJump: jump
            ).snapshot.erased
            let bytes = try JSONEncoder().encode(environment)
            #expect(String(decoding: bytes, as: UTF8.self).contains("ssh_jump") == (jump != nil))
            let decoded = try JSONDecoder().decode(AnyEnvironmentState.self, from: bytes)
            #expect(decoded == environment && decoded.context.sshJump == jump)
        }
    }
}
