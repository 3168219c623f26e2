import Foundation
import JSONText
import Testing

@testable import EnvironmentTool

/// Each command that can be typed in trouble, and each command line that its answer names: typed too.
@Suite("Every command line that is printed")
struct EveryHintTests {
    private static let commands = [
        "list", "list --json", "show web", "show web --json", "trace web", "logs web", "logs web nothing", "lock web",
        "doctor web", "history web", "plan web", "deploy web --lock-timeout 0", "provision web", "configure web",
        "release web", "run web", "resume web", "retry web", "rerun web --step step_2", "destroy web", "purge web",
        "recover web", "accept-edit web", "unfreeze web", "validate web", "create web", "show web --at 1",
        "restore web 1",
        "show wbe", "deploy wbe",
    ]

    enum Scene: String, CaseIterable, Sendable {
        case created, provisioned, failed, interrupted, unrepeatable, frozen, damaged, edited, checkpointGone, destroyed
        case halfDestroyed, moved, recordPending

        func make(in sandbox: Sandbox) async throws {
            switch self {
            case .created: try await sandbox.succeed("create", "web")
            case .provisioned: try await sandbox.succeed("provision", "web", "--create")
            case .failed: try await sandbox.failed("web")
            case .interrupted: try await sandbox.interrupted("web", survives: false)
            case .unrepeatable: try await sandbox.interrupted("web", survives: false, repeatable: false)
            case .frozen: try await sandbox.frozen("web")
            case .damaged: try await sandbox.damaged("web")
            case .edited:
                try await sandbox.succeed("deploy", "web", "--create")
                try await sandbox.shell("sed -i 's/\"ssh_port\" : 22/\"ssh_port\" : 2222/' data/web/state.json")
            case .checkpointGone:
                try await sandbox.succeed("deploy", "web", "--create")
                try await sandbox.shell("rm data/web/state.json")
            case .destroyed:
                try await sandbox.succeed("create", "web")
                try await sandbox.succeed("destroy", "web", "--yes")
            case .halfDestroyed:
                try sandbox.workflow(["destroy": ["test -e go"]], to: "web.json")
                try await sandbox.succeed("provision", "web", "--create", "--workflow", "web.json")
                _ = try await sandbox.run("destroy", "web", "--yes")
            case .moved:
                try await sandbox.succeed("deploy", "web", "--create")
                try await sandbox.succeed("migrate-store", "--to", "other")
            case .recordPending:
                try sandbox.workflow(
                    [
                        "provision": [
                            "echo instance_address=10.0.0.9 >> \"$OUTPUTS\"",
                            "mv data/web/state.json.lock lock", "true",
                        ]
                    ], to: "web.json")
                _ = try await sandbox.run("deploy", "web", "--create", "--workflow", "web.json")
                try await sandbox.shell("mv lock data/web/state.json.lock")
            }
        }
    }

    @Test("does something when it is typed", arguments: Scene.allCases)
    func works(scene: Scene) async throws {
        let sandbox = try Sandbox()
        try await scene.make(in: sandbox)
        try await sandbox.shell("touch go; cp -a data kept")
        var typed: Set<String> = []
        for command in Self.commands {
            try await sandbox.shell("rm -rf data; cp -a kept data")
            let outcome = try await sandbox.type("envctl \(command)")
            #expect(outcome.code != 70, "\(scene): \(command): \(outcome)")
            for hint in outcome.hints where typed.insert(hint).inserted {
                #expect(hint != "envctl \(command)" || outcome.code == 0, "\(scene): \(hint): \(outcome)")
                try await sandbox.shell("rm -rf data; cp -a kept data")
                var answer = try await sandbox.type(hint)
                // What must be confirmed names how, or what is to be done instead, which must be confirmed too.
                for _ in 0..<2 {
                    if let confirmed = answer.confirmed { answer = try await sandbox.type(confirmed) }
                }
                #expect(![64, 66, 70, 127].contains(answer.code), "\(scene): \(command): \(hint): \(answer)")
            }
        }
        #expect(!typed.isEmpty)
    }
}

extension Outcome {
    /// The command lines that the answer names.
    fileprivate var hints: [String] {
        let text = output + errors
        let patterns = [
            #/(?m)(?:Next: |next: +|next {7}|then retry: )(envctl .+?)\.?(?: Next: .+)?$/#, #/"next":"(envctl [^"]+)"/#,
            #/`(envctl [^`]+)`/#,
        ]
        return patterns.flatMap { text.matches(of: $0).map { String($0.1) } }
    }

    /// The same command line with the confirmation that it lacked; `nil` when it lacked none.
    fileprivate var confirmed: String? {
        guard code == 64, lastWord.contains("There is no terminal to ask on"), let next = try? next() else {
            return nil
        }
        return next
    }
}
