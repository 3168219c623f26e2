import EnvironmentDomain
import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// Whether a program is there that a test needs.
func hasProgram(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
}

@Suite("Looking changes nothing")
struct ReadingTests {
    static let looks = [
        ["list"], ["show", "web"], ["history", "web"], ["logs", "web"], ["trace", "web"], ["lock", "web"],
        ["diagram", "web"], ["stats"], ["plan", "web"], ["doctor", "--all"], ["diff", "web"],
        ["show", "web", "--at", "2"], ["export", "web"], ["purge", "web", "--dry-run"],
        ["accept-edit", "web", "--dry-run"],
    ]

    /// Files that were opened for writing, made, renamed or removed, by strace's words.
    private static func writes(_ trace: String) -> [Substring] {
        trace.split(separator: "\n").filter { line in
            line.contains("O_WRONLY") || line.contains("O_RDWR") || line.contains("O_CREAT")
                || line.contains("rename") || line.contains("unlink") || line.contains("mkdir")
                || line.contains("fsync")
        }.filter { !$0.contains("\"/dev/") && !$0.contains("/home/run-") }
    }

    // Linux only: strace.
    @Test("Nothing is opened for writing", .enabled(if: hasProgram("strace"), "strace is not there"), arguments: looks)
    func opensNothingForWriting(look: [String]) async throws {
        let sandbox = try Sandbox()
        try await sandbox.failed("web")
        try await sandbox.damaged()
        try await sandbox.interrupted()
        try await sandbox.killOrphans("interrupted")
        let before = try await sandbox.listing()
        let program = try sandbox.start(
            look,
            shell:
                "strace -f -o trace -e trace=open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,"
                + "fsync,fdatasync,ftruncate,link,linkat,fchmod,chmod \"$@\"")
        _ = try await program.end()
        let trace = try #require(sandbox.read("trace"))
        #expect(trace.contains("openat("))
        #expect(Self.writes(trace).isEmpty, "\(Self.writes(trace).joined(separator: "\n"))")
        #expect(try await sandbox.listing() == before)
    }

    // Needs root: a mount of its own.
    @Test(
        "It works on a mount that is read-only and while a command holds the environment, and never waits",
        .enabled(if: geteuid() == 0, "needs root for a read-only mount"))
    func readOnlyMount() async throws {
        let sandbox = try Sandbox()
        let program = try await sandbox.atWork("web")
        try await sandbox.succeed("create", "other")
        let commands = Self.looks.filter {
            $0 != ["accept-edit", "web", "--dry-run"] && $0[0] != "purge" && $0[0] != "plan"
        }
        .map { $0.joined(separator: " ") }
        let script = commands.map { command in
            "timeout 20 \"$PROGRAM\" \(command) >out 2>err; code=$?; "
                + "case $code in 0|66) ;; *) echo \"\(command): $code\"; cat err;; esac"
        }.joined(separator: "\n")
        let output = try await sandbox.shell(
            "unshare -m sh -c 'mount --bind data data && mount -o remount,bind,ro data && . ./looks' 2>&1".replacing(
                "looks", with: try sandbox.write(script, to: "looks").split(separator: "/").last ?? "looks"))
        #expect(output == "", "\(output)")
        program.signal(SIGINT)
        _ = try await program.end()
    }

    // Needs root, to be another user.
    @Test(
        "What another user may not read is listed as such, and is no damage",
        .enabled(if: geteuid() == 0 && hasProgram("setpriv"), "needs root, for a user who may read nothing"))
    func unreadable() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        // The built one may be in a folder that only its owner may read.
        try await sandbox.shell("cp \"$PROGRAM\" program; chmod 755 . data program")
        let outcome = try await sandbox.run(
            "list", shell: "shift; exec setpriv --reuid 65534 --regid 65534 --clear-groups ./program \"$@\"")
        #expect(outcome.code == 74, "\(outcome)")
        #expect(outcome.output.contains("UNREADABLE"))
        #expect(outcome.output.hasSuffix("/data/web cannot be read: Permission denied\n"))
    }

    @Test("A thousand environments, some damaged, held and unreadable, are listed in under a second")
    func thousand() async throws {
        let sandbox = try Sandbox()
        try await sandbox.succeed("deploy", "web", "--create")
        let line = try #require(sandbox.lines("data/web/history.jsonl").last { $0.hasPrefix("{") })
        for number in 1...1000 {
            let name = "env-\(number)"
            let folder = sandbox.path("data/\(name)")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(Self.renamed(line, to: name).utf8).write(to: URL(filePath: folder + "/history.jsonl"))
        }
        try await sandbox.shell(
            "cd data; for i in 7 77 777; do truncate -s 50 env-$i/history.jsonl; done; "
                + "rm env-8/history.jsonl; ln -s nowhere env-8/history.jsonl; rm env-9/history.jsonl; "
                + "mkdir env-9/history.jsonl")
        let program = try await sandbox.atWork("held")
        var best = 1000.0
        for _ in 0..<5 {
            // The processor's time, since a test machine has more to do: the real one is not longer where nothing waits.
            let outcome = try await sandbox.run("list", "--json", shell: "\"$@\"; code=$?; times >times; exit $code")
            best = min(best, try Self.processorSeconds(#require(sandbox.read("times"))))
            #expect(outcome.code == 65)
            let json = try outcome.json()
            #expect(json["environments"]?.elements.count == 1002)
            #expect(json["damaged"]?.integer == 5)
            let held = json["environments"]?.elements.first { $0["environment"]?.string == "held" }
            #expect(held?["holder"]?["pid"]?.integer == Int64(program.identifier))
        }
        #expect(best < 1)
        program.signal(SIGINT)
        _ = try await program.end()
    }

    /// The seconds that a shell's children took, as the second line of `times` tells them: `0m0.210s 0m0.030s`.
    private static func processorSeconds(_ times: String) throws -> Double {
        let children = try #require(times.split(separator: "\n").last)
        return children.matches(of: /(\d+)m([\d.]+)s/).reduce(0) { sum, time in
            sum + (Double(time.1) ?? 0) * 60 + (Double(time.2) ?? 0)
        }
    }

    /// A line of a log as it would be for an environment of another name.
    private static func renamed(_ line: String, to name: String) -> String {
        let document = line.replacing("\"name\":\"web\"", with: "\"name\":\"\(name)\"")
        guard let comma = document.utf8.firstIndex(of: UInt8(ascii: ",")) else { return document }
        let rest = Array(document.utf8[document.utf8.index(after: comma)...])
        return "{\"checksum\":\"\(Checksum(of: rest))\"," + String(decoding: rest, as: UTF8.self) + "\n"
    }
}
