import OperatingSystem
import TestSupport
import Testing

@Suite("Endless output", .serialized)
struct FloodTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Returns the log of the step in the only run.
    private func log() throws -> OpenFile {
        let logs = try Folder(sandbox.path("data/my-env/logs"))
        return try OpenFile("\(logs.path)/\(try logs.names().first ?? "")/02-flood.log", .read)
    }

    @Test(
        "of a step is kept in 64 MiB, with its beginning and its end, and needs no memory",
        arguments: [
            "head -c 300000000 /dev/zero | tr '\\0' x", "head -c 300000000 /dev/zero | tr '\\0' '\\n'",
            "yes 'a line of output' | head -c 300000000",
        ])
    func large(output: String) async throws {
        try sandbox.workflow(provision: [.address, Step("flood", "echo begin; \(output); echo; echo end")])
        // The last line is the peak memory of the program in kilobytes.
        let outcome = try await sandbox.run(
            "my-env", "--workflow", "workflow.json", "--verbose",
            shell:
                "python3 -c 'import resource,subprocess,sys; c = subprocess.call(sys.argv[1:]); print(\"peak\", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(c)' \"$@\""
        )
        #expect(outcome.code == 0)
        let peak = outcome.output.split(separator: "\n").last?.split(separator: " ").last.flatMap { Int($0) }
        #expect(try #require(peak) < 200_000)
        let file = try log()
        #expect(try file.status().size < 64 << 20 + 4096)
        #expect(String(decoding: try file.read(limit: 6), as: UTF8.self) == "begin\n")
        let end = try file.read(from: file.status().size - 5)
        #expect(String(decoding: end, as: UTF8.self) == "\nend\n")
        let mark = try file.read(from: 32 << 20, limit: 60)
        #expect(String(decoding: mark, as: UTF8.self).hasPrefix("\n[… 23"))
    }

    @Test("delays no stop, and does not fill the disk", arguments: ["yes", "cat /dev/zero", "yes | tr -d '\\n'"])
    func stop(output: String) async throws {
        // The output that a stop might wait for, and the file that would show that it did.
        let rest = "\(output) | head -c 100000000000; touch \"$HOME/finished\""
        try sandbox.workflow(provision: [.address, Step("flood", rest)])
        let program = try sandbox.start(["my-env", "--workflow", "workflow.json", "--verbose"])
        try await wait(for: "much output") { (try? log().status().size) ?? 0 > 400 << 20 }
        program.signal(2)
        let outcome = await program.end()
        #expect(outcome.code == 130 && !sandbox.exists("home/finished"))
        #expect(try log().status().size < 64 << 20 + 4096)
    }

    /// Writes a resource whose provisioner prints lines of 1000 bytes, each of which becomes 12,000 bytes of events.
    ///
    /// `<` becomes `\u003c` in an event, and each line is in two events. OpenTofu or Terraform needs more than a second
    /// for each megabyte of output.
    private func infrastructure(_ output: String) throws {
        try sandbox.infrastructure(
            """
            resource "terraform_data" "a" {
              provisioner "local-exec" {
                command = <<-END
                line=$(head -c 1000 /dev/zero | tr '\\0' '<')
                \(output)
              END
              }
            }
            """ + Terraform.noHosts)
    }

    private func events() throws -> OpenFile {
        try OpenFile(sandbox.path("data/my-env/build/events/apply.jsonl"), .read)
    }

    @Test(
        "of a provisioner leaves a small file of events, and all resources are known",
        .slow, .enabled(if: Terraform.isThere, Terraform.reason))
    func provisioner() async throws {
        try infrastructure("yes \"$line\" | head -c 3000000; echo end")
        let outcome = try await sandbox.run("my-env", "--infrastructure", "infra", "--verbose")
        #expect(outcome.code == 0, "\(outcome.errors.suffix(2000))")
        #expect(outcome.errors.contains("1 of 1  terraform_data.a: created"))
        #expect(try sandbox.resources() == ["terraform_data.a"])
        #expect(try events().status().size < 20 << 20)
        let text = String(decoding: try events().read(), as: UTF8.self)
        #expect(text.contains("bytes of output were left out here") && text.contains("\"type\":\"change_summary\""))
    }

    @Test(
        "of a provisioner does not delay a stop, and the possible remains are named",
        .slow, .enabled(if: Terraform.isThere, Terraform.reason))
    func stoppedProvisioner() async throws {
        try infrastructure("yes \"$line\" | head -c 3000000; touch \"$HOME/reached\"; yes \"$line\"")
        let program = try sandbox.start(["my-env", "--infrastructure", "infra", "--verbose"])
        try await wait(for: "much output") { sandbox.exists("home/reached") }
        program.signal(2)
        let outcome = await program.end()
        #expect(outcome.code == 130)
        #expect(try events().status().size < 20 << 20)
        let again = try await sandbox.run("my-env", "--destroy")
        #expect(again.code == 0, "\(again)")
    }
}
