import Foundation
import OperatingSystem
import Testing

extension InfrastructureTests {
    /// Tests with 32 kills of this program, of OpenTofu or Terraform, and of both, during creation and removal.
    @Suite("A kill in the middle of making or removing hosts")
    struct Kills {
        enum Victim: String, CaseIterable, Sendable { case program, tool, both }

        @Test(
            "loses nothing: the repeated command completes with one host of each name, and a destroy removes all",
            arguments: 0..<16)
        func kill(round: Int) async throws {
            var generator = SplitMix(state: 20_26 + UInt64(round))
            let victim = Victim.allCases[round % 3]
            try await RealSite.with(playbooks: []) { site in
                // Most kills happen during the apply, which can lose the most.
                let step = [1, 2, 4, 5, 5, 5, 5, 5, 6, 8].randomElement(using: &generator) ?? 5
                try await strike(
                    victim, site, ["--until", "provisioned"], at: "start   provision \(step)/9", &generator)
                try checkNotBehind(site)
                try await again(site, ["--until", "provisioned"])
                try await checkMade(site)

                try await strike(victim, site, ["--destroy"], at: "start   destroy opentofu_destroy", &generator)
                try await again(site, ["--destroy"])
                try site.sandbox.checkStored()
                try await site.checkNothingLeft()
            }
        }

        /// Runs the program and kills a process at a random moment after a step started.
        private func strike(
            _ victim: Victim, _ site: RealSite, _ arguments: [String], at mark: String, _ generator: inout SplitMix
        ) async throws {
            let program = try site.start(arguments)
            let mark = mark.replacing("destroy opentofu_destroy", with: "destroy 1/2 opentofu_destroy")
            try await wait(for: mark) { program.errors.contains(mark) || !isAlive(program.identifier) }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...250, using: &generator)))
            if victim != .program { try await killTool(site) }
            if victim != .tool { program.kill() }
            let outcome = await program.end()
            #expect(
                [.exited(0), .exited(1), .signalled(9)].contains(outcome.end), "\(victim): \(outcome.testDescription)")
        }

        /// Kills the OpenTofu or Terraform process of the site, if there is one.
        private func killTool(_ site: RealSite) async throws {
            try await site.sandbox.shell(
                """
                for f in /proc/[0-9]*; do
                    case "$(cat $f/comm 2>/dev/null)" in terraform|tofu)
                        case "$(readlink $f/cwd)" in '\(site.sandbox.root)'/*) kill -9 ${f#/proc/};; esac;;
                    esac
                done; :
                """)
        }

        /// Checks that for every resource in the state of OpenTofu or Terraform an intent was recorded before.
        private func checkNotBehind(_ site: RealSite) throws {
            let path = "data/my-env/build/infrastructure/terraform.tfstate"
            guard let text = site.sandbox.read(path), let state = try? JSON(text),
                state["resources"].elements?.isEmpty == false
            else { return }
            let announced = try site.sandbox.events()
            #expect(announced.contains("provision:opentofu_apply started"))
        }

        /// Repeats the same command until it succeeds, and follows the advice of its errors.
        private func again(_ site: RealSite, _ arguments: [String]) async throws {
            var outcome: Outcome?
            for _ in 0..<4 {
                let run = try await site.start(arguments + ["--lock-timeout", "500"]).end()
                try site.sandbox.checkStored()
                if run.code == 0 { return }
                outcome = run
                #expect(run.code == 1, "\(run.testDescription)")
                // The state of OpenTofu or Terraform is damaged, and the error contains the command line that repairs
                // it.
                if let way = run.lastWord.firstMatch(
                    of: #/(put it back with: |start again with: )(?<line>(cp|mkdir) .*?)\. Trace/#)
                {
                    try await site.shell(String(way.output.line))
                }
            }
            Issue.record("it does not come to an end: \(outcome?.testDescription ?? "")")
        }

        private func checkMade(_ site: RealSite) async throws {
            #expect(try site.sandbox.stateName() == "Provisioned")
            #expect(try await site.hostProcesses().count == 1)
            #expect(try await site.links().count == 1)
            let text = try #require(site.sandbox.read("data/my-env/build/infrastructure/terraform.tfstate"))
            let state = try JSON(text)
            let instances = state["resources"].elements?.filter { $0["name"].text == "host" }
                .flatMap { $0["instances"].elements ?? [] }
            #expect(instances?.count == 1)
            #expect(instances?.first?["status"] == .null, "it is tainted")
            let known = state["outputs"]["hosts"]["value"]["web"]["address"].text
            #expect(try known == site.address(of: "web"))
            #expect(try site.sandbox.outputs()["instance_address"] == known)
        }
    }
}
