import Foundation
import OperatingSystem
import Testing

/// The library that replaces the system's clock; it is in the Debian package `faketime`.
private enum FakeTime {
    static let library = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
        .first { FileManager.default.fileExists(atPath: $0) }
}

@Suite(
    "A clock that is set back while the program runs",
    .enabled(if: FakeTime.library != nil, "libfaketime is missing; apt-get install faketime"))
struct ClockTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// Runs the program with the clock offset in the file `home/clock`; steps write other offsets to it.
    private func run(_ arguments: String...) async throws -> Outcome {
        try await sandbox.run(
            ["my-env", "--workflow", "workflow.json"] + arguments,
            variables: [
                "LD_PRELOAD": FakeTime.library ?? "", "FAKETIME_TIMESTAMP_FILE": sandbox.path("home/clock"),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            ])
    }

    private func failure() throws -> JSON { try sandbox.body()["state"]["failure"] }

    @Test("makes no duration negative, and the newest failure is the one that is reported")
    func setBack() async throws {
        try sandbox.write("+0", to: "home/clock")
        try sandbox.workflow(provision: [
            .address,
            Step(
                "back",
                "[ -e \"$HOME/second\" ] && exit 5; touch \"$HOME/second\"; echo -7200 > \"$HOME/clock\"; sleep 0.1; exit 4"
            ),
        ])
        let first = try await run("--json")
        #expect(first.code == 1)
        let started = try #require(try failure()["started_at"].text)
        let failed = try #require(try failure()["failed_at"].text)
        // The clock was actually set back.
        #expect(failed < started)
        let duration = try #require(try failure()["duration_ms"].integer)
        #expect((100..<3_600_000).contains(duration))
        let trace = try #require(try failure()["trace_file"].text)
        let text = try #require(readText(trace))
        #expect(text.contains("exited with status 4") && !text.contains("after -"))
        for step in try first.json()["steps"].elements ?? [] {
            if let seconds = step["duration_seconds"].number { #expect((0..<3600).contains(seconds)) }
        }
        #expect(!first.errors.contains("(-"))

        // The second failure is earlier than the first one.
        try sandbox.write("-9000", to: "home/clock")
        let second = try await run("--json")
        #expect(second.code == 1)
        let newest = try #require(try failure()["trace_file"].text)
        #expect(newest < trace && readText(newest)?.contains("exited with status 5") == true)
        let shown = try second.json()["error"]
        #expect(shown["trace_file"].text == newest)
        let status = try await run("--status")
        #expect(status.output.contains("exited with status 5") && !status.output.contains("-7200"))
        let serials = try sandbox.history().compactMap(\.["serial"].integer)
        #expect(serials == serials.sorted() && serials.count > 4)
        try sandbox.checkStored()
    }
}
