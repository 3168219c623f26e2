import Foundation
import Testing

@testable import EnvironmentTool

@Suite("On a terminal", .enabled(if: hasProgram("tmux"), "tmux is not there"))
struct LookTests {
    private let sandbox: Sandbox

    init() throws { sandbox = try Sandbox() }

    /// What a terminal shows of command lines, one after the other.
    private func shown(_ lines: [String], columns: Int, variables: String = "TERM=screen LANG=C.UTF-8") async throws
        -> [String]
    {
        let terminal = try await Terminal(sandbox, columns: columns, rows: 24, variables: variables)
        var screens: [String] = []
        for line in lines { screens.append(try await terminal.type(line)) }
        try await terminal.close()
        return screens
    }

    @Test(
        "Transitions are a part of the progress, in their order; --quiet drops the log alone",
        arguments: [
            ("TERM=screen LANG=C.UTF-8", "", "→", "✓"), ("TERM=screen LANG=C.UTF-8", "--quiet", "→", "✓"),
            ("TERM=dumb LANG=C.UTF-8", "", "->", "done"),
            ("TERM=screen NO_COLOR=1 LANG=C.UTF-8", "--quiet", "->", "done"),
            ("TERM=screen LANG=C", "", "->", "done"),
        ])
    func progress(variables: String, option: String, arrow: String, done: String) async throws {
        let screen = try await shown(
            ["envctl deploy web --create --until provisioned \(option)"], columns: 80, variables: variables)[0]
        let lines = screen.split(separator: "\n").map(String.init)
        let marks = [
            "created \(arrow) provisioning", "\(done)", "provisioning \(arrow) provisioned", "in state: provisioned",
        ]
        var rest = lines[...]
        for mark in marks {
            rest = rest.drop { !$0.contains(mark) }
            #expect(!rest.isEmpty, "\(mark) in\n\(screen)")
        }
        #expect(!screen.contains("INFO"), "\(screen)")
    }

    @Test("Tables fit, whatever the width, and say what matters", arguments: [80, 40])
    func tables(columns: Int) async throws {
        try await sandbox.failed("customer-portal-staging")
        let screens = try await shown(
            ["envctl list", "envctl list --wide", "envctl history customer-portal-staging --last 8"], columns: columns)
        for screen in screens {
            // The first line is what was typed.
            for line in screen.split(separator: "\n").dropFirst() { #expect(line.count <= columns, "\(line)") }
        }
        #expect(screens[0].contains("configure_failed"), "\(screens[0])")
        #expect(screens[2].contains("step_1 failed ("), "\(screens[2])")
    }
}
