import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// What a stranger does with a tool on two real hosts, which OpenTofu or Terraform makes and Ansible sets up:
/// `Scripts/real-hosts` installs what that needs.
@Suite(
    "The daily job on two hosts", .serialized,
    .enabled(
        if: CommandLine.arguments.contains("--filter"), "takes minutes: swift test --filter HostCycleTests"),
    .enabled(if: Hosts.isMissing == nil, "\(Hosts.isMissing ?? "")"))
struct HostCycleTests {
    /// A command line, and the step in which it is killed before it is given again.
    struct Job: Sendable {
        let arguments: [String]
        let step: String
        /// The tag that every host shows afterwards; nil for hosts that are gone.
        let tag: String?
    }

    @Test("by envctl, one phase at a time, is killed in each and continues with the same command")
    func phases() async throws {
        try await cycle(
            "envctl",
            [
                Job(arguments: ["release", "site", "--set", "tag=v2"], step: "page", tag: "v2"),
                Job(arguments: ["run", "site"], step: "start_service", tag: "v2"),
                Job(arguments: ["rollback", "site", "--yes"], step: "page", tag: "v1"),
                Job(arguments: ["destroy", "site", "--yes"], step: "opentofu_destroy", tag: nil),
            ])
    }

    @Test("by a tool with providers of its own, in one command from phase to phase, is killed and continues")
    func wholeWay() async throws {
        try await cycle(
            "shop",
            [
                Job(
                    arguments: ["deploy", "site", "--until", "running", "--from", "configure", "--set", "tag=v2"],
                    step: "web_server", tag: "v2"),
                Job(arguments: ["rollback", "site", "--yes"], step: "check_page", tag: "v1"),
                Job(arguments: ["destroy", "site", "--yes"], step: "stop_service", tag: nil),
            ])
    }

    private func cycle(_ program: String, _ jobs: [Job]) async throws {
        try await Hosts.with(program: program) { hosts in
            let first = try await hosts.run([
                "deploy", "site", "--create", "--infrastructure", "infrastructure", "--until", "running", "--set",
                "tag=v1",
            ])
            try #require(first.code == 0, "\(first)")
            #expect(try await hosts.tags() == ["v1", "v1"])
            let refused = try await hosts.run(["deploy", "site", "--until", "running", "--set", "tag=v2"])
            #expect(refused.code == 78 && refused.lastWord.contains("--from release"), "\(refused)")
            for job in jobs {
                try await hosts.kill(job.arguments, in: job.step)
                guard let tag = job.tag else { continue }
                #expect(try await hosts.tags() == [tag, tag], "after \(job.arguments) was killed in \(job.step)")
                #expect(try await hosts.page() == "\(tag)\n")
            }
            #expect(try await hosts.processes() == [])
            let purged = try await hosts.run(["purge", "site", "--yes"])
            #expect(purged.code == 0, "\(purged)")
        }
    }
}
