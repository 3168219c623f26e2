import Foundation
import Testing

@testable import EnvironmentTool

@Suite("A person at three in the morning")
struct SessionTests {
    // Needs tmux for a terminal to type in.
    @Test(
        "who was given only `envctl --help` gets everything back to configured",
        .enabled(if: hasProgram("tmux"), "tmux is not there"))
    func session() async throws {
        let sandbox = try Sandbox()
        try await sandbox.damaged()
        try await sandbox.interrupted(survives: false)
        try await sandbox.failed()
        try await sandbox.frozen()
        let holder = try await sandbox.atWork("locked")
        holder.signal(SIGSTOP)
        let terminal = try await Terminal(sandbox)

        // The help names the way in, and the table names the five.
        let help = try await terminal.type("envctl --help | head -20")
        #expect(
            help.contains("envctl list") && help.contains("envctl show NAME") && help.contains("envctl doctor"))
        let list = try await terminal.type("envctl list")
        for (name, state) in [
            ("damaged", "DAMAGED"), ("failed", "configure_failed"), ("frozen", "provisioned"),
            ("interrupted", "configuring"), ("locked", "configuring"),
        ] {
            #expect(list.contains(try Regex("\(name) +\(state)")), "\(list)")
        }

        // Damaged: the doctor names what is left whole, and what is recovered says how to continue.
        let doctor = try await terminal.type("envctl doctor damaged")
        let file = sandbox.path("data/damaged/state.json")
        let restored = try await terminal.typeNext(after: doctor, "envctl recover damaged \(file)")
        #expect(restored.contains("in state: configured"))

        // Interrupted: the page says how to continue; what the step waited for is there now.
        let trace = try await terminal.type("envctl trace failed")
        #expect(trace.contains("looking for go"))
        try await terminal.type("touch go")
        let interrupted = try await terminal.type("envctl show interrupted")
        try await terminal.typeNext(after: interrupted, "envctl resume interrupted")

        // Failed: the trace ends with the command.
        try await terminal.typeNext(after: trace, "envctl retry failed")

        // Frozen: a refused command names the reason and the way out.
        let refused = try await terminal.type("envctl configure frozen")
        #expect(refused.contains("the fair goes on"))
        let thawed = try await terminal.typeNext(after: refused, "envctl unfreeze frozen")
        try await terminal.typeNext(after: thawed, "envctl configure frozen")

        // Locked: the page names the lock, the lock names the process, and what it leaves is resumed.
        let held = try await terminal.type("envctl show locked")
        let lock = try await terminal.typeNext(after: held, "envctl lock locked")
        #expect(lock.contains("stopped"))
        try await terminal.typeNext(after: lock, "kill \(holder.identifier); kill -CONT \(holder.identifier)")
        #expect(try await holder.end().code == 143)
        let free = try await terminal.type("envctl show locked")
        try await terminal.typeNext(after: free, "envctl resume locked")

        let after = try await terminal.type("envctl list")
        #expect(after.matches(of: #/(?m)^\w+ +configured /#).count == 5, "\(after)")
        try await terminal.close()
    }

    // Needs tmux for a terminal.
    @Test(
        "Tables fit the terminal, and the running step is redrawn in place",
        .enabled(if: hasProgram("tmux"), "tmux is not there"))
    func terminal() async throws {
        let sandbox = try Sandbox()
        try await sandbox.damaged()
        try await sandbox.damaged("a-name-that-leaves-little-room")
        let terminal = try await Terminal(sandbox)
        let list = try await terminal.type("envctl list 2>/dev/null")
        #expect(list.contains("…"))
        #expect(list.split(separator: "\n").filter { $0.contains("DAMAGED") }.allSatisfy { $0.count <= 80 })
        // Sentences are broken between words, and the command at the end is in one piece.
        for line in ["envctl show damaged", "envctl doctor damaged"] {
            let screen = try await terminal.type(line).split(separator: "\n")
            #expect(screen.count > 3)
            #expect(screen.allSatisfy { $0.count <= 80 || $0.contains("ext: envctl") }, "\(screen)")
        }
        #expect(try await terminal.type("envctl show damaged").contains("\nNext: envctl doctor damaged\n"))
        let deploy = try await terminal.type("envctl deploy web --create")
        #expect(deploy.contains("✓ provision create_instance") || deploy.contains("done    provision create_instance"))
        #expect(!deploy.contains("start   "))
        let plain = try await terminal.type("envctl deploy plain --create --no-color")
        #expect(plain.contains("start   provision 1/3"))
        // The table that watches is drawn in place, and Ctrl-C ends it.
        let watched = try await terminal.type("timeout -s INT 3 envctl list --watch; echo ended")
        #expect(watched.matches(of: #/(?m)^NAME /#).count == 1 && watched.contains("ended"), "\(watched)")
        try await terminal.close()
    }
}
