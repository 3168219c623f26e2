import EnvironmentDomain
import Foundation
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("OpenTofu or Terraform")
struct ToolProgramTests {
    @Test("that is named and missing is told with where to get it")
    func missing() throws {
        let error = try #require(throws: StepError.self) {
            try ToolProgram(named: "/nowhere/tofu", remembered: nil)
        }
        #expect(error.kind == "tool_missing" && error.summary.contains("https://opentofu.org"))
    }

    @Test("that an environment was made with is not silently replaced by another")
    func remembered() throws {
        let error = try #require(throws: StepError.self) {
            try ToolProgram(named: nil, remembered: "/nowhere/tofu")
        }
        #expect(error.kind == "tool_missing" && error.summary.contains("at its new path"))
        #expect(try ToolProgram(named: nil, remembered: "/bin/sh").path == "/bin/sh")
        #expect(try ToolProgram(named: "/bin/true", remembered: "/bin/sh").path == "/bin/true")
    }

    @Test("is told by environment variables to ask nobody, and gets no variable that would change what it does")
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
