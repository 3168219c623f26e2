import EnvironmentDomain
import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The configuration of ssh")
struct SSHConfigurationTests {
    @Test(
        "is read correctly by ssh, whatever the folder's name",
        .enabled(if: ThisProcess.findProgram("ssh") != nil, "ssh is missing"),
        arguments: ["a:b", "a $HOME b", "%h %%", "q\"q'q", "é\u{301}%\u{301}", "{{ x }},c", "back\\slash"])
    func names(name: String) async throws {
        try await withTemporaryFolder { path in
            let workspace = Workspace(root: try AbsolutePath("\(path)/\(name)"))
            let context = try Sample.created().snapshot.context
            try SSHConfiguration(workspace).write([], context, context.sshAccount(in: workspace))
            let program = try #require(ThisProcess.findProgram("ssh"))
            let child = try ChildProcess(
                ChildProcess.Request(
                    command: [program, "-G", "-F", SSHConfiguration(workspace).path, "web"],
                    environment: ["HOME": "/nowhere"]),
                output: try OpenFile("\(path)/output", .readWriteCreating))
            #expect(await child.end() == .exited(0))
            let key = "userknownhostsfile "
            let line = try read("\(path)/output").split(separator: "\n").first { $0.hasPrefix(key) }
            #expect(
                line.map { String($0.dropFirst(key.count)) }
                    == SSHConfiguration(workspace).knownHostsPath)
        }
    }
}
