import Foundation
import Testing

@testable import EnvironmentTool

/// A page of the documents whose commands are run: `$` lines in blocks of `console`, each followed by what it prints, and
/// what has to happen in between, in comments `<!-- run: … -->`.
private struct Page {
    /// A line to run; what it prints is compared when it is on the page.
    struct Command {
        let line: String
        let isShown: Bool
        var printed: [String] = []
    }

    /// Commands, and the text between them.
    enum Part {
        case text(String)
        case commands([Command])
    }

    private(set) var parts: [Part] = []

    init(_ text: String) {
        var block: [Command]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if var commands = block {
                if line == "```" {
                    parts += [.commands(commands), .text(line)]
                    block = nil
                } else if line.hasPrefix("$ ") {
                    commands.append(Command(line: String(line.dropFirst(2)), isShown: true))
                    block = commands
                } else if !commands.isEmpty {
                    commands[commands.count - 1].printed.append(line)
                    block = commands
                }
                continue
            }
            if let hidden = line.wholeMatch(of: #/<!-- run: (.+) -->/#) {
                parts.append(.commands([Command(line: String(hidden.1), isShown: false)]))
            }
            parts.append(.text(line))
            if line == "```console" { block = [] }
        }
    }
}

@Suite("The guide to operating")
struct DocumentTests {
    private static let package = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
    private static let guide = package.appending(path: "Documentation/operations.md")

    @Test("Each command of the guide prints what is shown there, one after the other in one folder")
    func guide() async throws {
        let sandbox = try Sandbox()
        let folder = URL(filePath: Sandbox.program).deletingLastPathComponent().path()
        try sandbox.workflow([
            "configure": ["echo looking for a package; test -f package", "cp package \"$INSTANCE_DIR.package\""]
        ])
        try sandbox.workflow(["configure": ["test -e go || { touch started; sleep 600; }"]], to: "slow.json")
        // As with a full disk, the save that should record what this step did fails, and the next one works.
        try sandbox.workflow(
            ["provision": ["echo instance_address=10.0.0.9 >> \"$OUTPUTS\"; rm data/db/state.json.lock"]],
            to: "full.json")
        try sandbox.write(
            "#!/bin/sh\n\(Sandbox.detached) \"$@\" >/dev/null 2>&1 &\necho $! >pid\n", to: "home/background")
        try await sandbox.shell("chmod +x home/background")
        var written: [String] = []
        var commands = 0
        for part in Page(try String(contentsOf: Self.guide, encoding: .utf8)).parts {
            guard case .commands(let list) = part else {
                if case .text(let text) = part { written.append(text) }
                continue
            }
            for command in list {
                commands += 1
                let output = try await sandbox.start(
                    [],
                    shell: "PATH='\(folder):\(sandbox.root)/home:'\"$PATH\"; export PATH; exec 2>&1; \(command.line)"
                ).end()
                guard command.isShown else {
                    #expect(output.code == 0, "\(command.line): \(output)")
                    continue
                }
                let printed = output.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
                    String($0).replacing(sandbox.root, with: "/srv/deploy")
                }
                written += ["$ \(command.line)"] + printed
                func comparable(_ lines: [String]) -> [String] {
                    lines.map { $0.withoutWhatDiffers(folder: sandbox.root) }
                }
                let differing = comparable(printed).difference(from: comparable(command.printed))
                if !Self.isUpdating {
                    #expect(differing.isEmpty, "\(command.line)\n\(printed.joined(separator: "\n"))")
                }
            }
        }
        #expect(commands > 40)
        if Self.isUpdating { try Data(written.joined(separator: "\n").utf8).write(to: Self.guide) }
        _ = try await sandbox.run("destroy", "web")
    }

    /// `UPDATE_DOCUMENTS=1` writes what is printed into the guide, to be read before it is committed.
    private static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_DOCUMENTS"] != nil

    @Test("The guide names every state and every command")
    func isComplete() throws {
        let text = try String(contentsOf: Self.guide, encoding: .utf8)
        for command in CommandNames.all where command != "help" {
            #expect(text.contains("envctl \(command)") || text.contains("`\(command)`"), "\(command)")
        }
    }

    @Test("The page for emergencies names only commands that exist")
    func emergencies() throws {
        let page = Self.package.appending(path: "Documentation/when-broken.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let named = Set(text.matches(of: #/envctl ([a-z][a-z-]*)/#).map { String($0.1) })
        #expect(named.count > 10)
        #expect(named.subtracting(CommandNames.all).isEmpty, "\(named)")
    }
}

extension String {
    /// What differs from run to run: the folder, times, identifiers, numbers of processes, ages and widths of columns.
    func withoutWhatDiffers(folder: String) -> String {
        replacing(folder, with: "/srv/deploy")
            .replacing(#/ +/#, with: " ")
            .replacing(#/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3}Z| [A-Z]+)?/#, with: "TIME")
            .replacing(#/\d{8}T\d{9}/#, with: "TIME").replacing(#/[0-9a-f]{32}/#, with: "ID")
            .replacing(#/\b[0-9a-f]{8}\b/#.wordBoundaryKind(.simple), with: "ID")
            .replacing(#/crc32c:[0-9a-f]+/#, with: "CHECKSUM")
            .replacing(#/\d+\.\d+ s/#, with: "SECONDS").replacing(#/ \d+\.\d\d\b/#, with: " SECONDS")
            .replacing(#/(^|[ (])\d+ (s|min)\b/#.wordBoundaryKind(.simple)) { "\($0.1)AGE" }
            .replacing(#/(process|kill(?: -\w+)?|at work) \d+/#) { "\($0.1) PID" }
            .replacing(#/, \d+ \(/#, with: ", PID (")
            .replacing(#/(user|by|host) [\w.-]+/#) { "\($0.1) NAME" }
            .replacing(#/of \w+ on [\w.-]+/#, with: "of NAME on NAME")
            .replacing(#/instance_host=[\w.-]+/#, with: "instance_host=NAME")
            .replacing(#/release=r\d+/#, with: "release=RELEASE").replacing(
                #/service_pid=\d+/#, with: "service_pid=PID")
    }
}
