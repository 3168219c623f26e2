import EnvironmentDomain
import Foundation
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("OpenTofu or Terraform")
struct ToolProgramTests {
    @Test("is reported with its download address when it is missing")
    func missing() throws {
        let error = try #require(throws: StepError.self) {
            try ToolProgram(named: "/nowhere/tofu", remembered: nil)
        }
        #expect(error.kind == "tool_missing" && error.summary.contains("https://opentofu.org"))
    }

    @Test("that made an environment is not silently replaced by the other one")
    func remembered() throws {
        let error = try #require(throws: StepError.self) {
            try ToolProgram(named: nil, remembered: "/nowhere/tofu")
        }
        #expect(error.kind == "tool_missing" && error.summary.contains("at its new path"))
        #expect(try ToolProgram(named: nil, remembered: "/bin/sh").path == "/bin/sh")
        #expect(try ToolProgram(named: "/bin/true", remembered: "/bin/sh").path == "/bin/true")
    }

    @Test("gets variables that disable prompts, and none that would change its behaviour")
    func variables() async throws {
        try await withTemporaryFolder { folder in
            let build = BuildFolder(Workspace(root: try AbsolutePath(folder)))
            let found = try ToolProgram(named: "/bin/true", remembered: nil).variables(
                build, inherited: ["PATH", "HO*"], run: CommandRun())
            #expect(found["TF_INPUT"] == "0" && found["TF_IN_AUTOMATION"] == "1" && found["CHECKPOINT_DISABLE"] == "1")
            #expect(found["GIT_TERMINAL_PROMPT"] == "0")
            #expect(found["PATH"] != nil && found["HOME"] != nil)
            let forbidden = ["TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE", "TF_LOG"]
            #expect(!found.keys.contains { name in forbidden.contains(where: name.hasPrefix) })
        }
    }
}
