import DocumentStore
import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// An operation of a probe, to be disturbed.
struct Scenario: Sendable {
    let name: String
    var deletes = false
    let prepare: @Sendable (Case) async throws -> Void
    let command: @Sendable (Case) -> [String]

    static let first = Scenario(name: "first save", prepare: { _ in }, command: { $0.probe("acknowledge") })
    static let eighth = Scenario(
        name: "eighth save", prepare: { try await $0.run($0.probe("acknowledge", 7)) },
        command: { $0.probe("acknowledge") })
    static let lease = Scenario(
        name: "seven saves under one lease", prepare: { try await $0.run($0.probe("acknowledge", 7)) },
        command: { $0.probe("lease", 7) })
    static let rotation = Scenario(
        name: "saves that begin new files", prepare: { try await $0.run($0.probe("acknowledge", 7)) },
        command: { $0.probe("rotate", 7) })
    static let delete = Scenario(
        name: "delete", deletes: true, prepare: { try await $0.run($0.probe("acknowledge", 7)) },
        command: { $0.probe("delete") })
    static let leftOver = ".state.8.0123abcd.tmp"
    /// The files after a crash: a truncated line of a save that was not acknowledged, the lock's record of its holder,
    /// an older checkpoint, and a temporary file.
    static let recovery = Scenario(
        name: "save after a crash",
        prepare: { files in
            try await files.run(files.probe("acknowledge", 7))
            let lines = text(files.history).split(separator: "\n").prefix(7)
            let torn = lines.joined(separator: "\n") + "\n" + lines[6].prefix(200)
            try Data(torn.utf8).write(to: URL(fileURLWithPath: files.history))
            let older = LogLine(Array(lines[4].utf8))?.pretty ?? []
            try Data(older).write(to: URL(fileURLWithPath: files.state))
            try Data("{\"pid\":1}".utf8).write(to: URL(fileURLWithPath: files.root + "/state.json.lock"))
            try Data("{".utf8).write(to: URL(fileURLWithPath: files.root + "/" + leftOver))
        }, command: { $0.probe("acknowledge") })
    static let all = [first, eighth, lease, rotation, delete, recovery]
}

/// A scenario that is prepared once in a case's folder and can be played any number of times.
struct Stage {
    /// The serial of the stored state before the scenario.
    let serial: Int
    /// The calls of the undisturbed scenario.
    let calls: [Call]
    private let scenario: Scenario
    private let files: Case
    private var template: String { files.folder + "/template" }

    init(_ scenario: Scenario, in files: Case) async throws {
        self.scenario = scenario
        self.files = files
        try await scenario.prepare(files)
        serial = try await files.repository.load(files.name)?.serial ?? 0
        if exists(files.data) { try copy(files.data, to: files.folder + "/template") }
        let (end, output) = try await files.run(files.traced(scenario.command(files)))
        guard end == .exited(0) else {
            throw ProgramFailure(description: "\(scenario.name), undisturbed: \(end) \(output)")
        }
        calls = files.calls()
    }

    /// Plays the scenario from its beginning, and disturbs its N-th call.
    func play(_ action: String, at number: Int) async throws -> (end: ChildProcess.End, output: String) {
        try? FileManager.default.removeItem(atPath: files.data)
        try? FileManager.default.removeItem(atPath: files.folder + "/emergency")
        if exists(template) { try copy(template, to: files.data) }
        return try await files.run(files.traced(scenario.command(files), at: (number, action)))
    }
}
