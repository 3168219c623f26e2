import EnvironmentDomain
import Foundation
import OperatingSystem
import Persistence

/// A run of `example-provision` in a case's folder.
struct Deployment {
    let files: Case
    let name: String
    let command: [String]
    private let trailPath: String

    init(_ files: Case, usesWorkflow: Bool) throws {
        self.files = files
        name = usesWorkflow ? "workflow" : "local provider"
        let trailPath = files.folder + "/trail"
        self.trailPath = trailPath
        var command = [
            Bench.provision, files.name.text, "--data-dir", files.data, "--until", "running", "--quiet",
        ]
        if usesWorkflow {
            let phases = [
                ("provision", ["one", "two"]), ("configure", ["three"]), ("release", ["four"]), ("run", ["five"]),
            ].map { phase, steps in
                let entries = steps.map { step in
                    let address = step == "two" ? "; echo instance_address=10.0.0.7 >> $OUTPUTS" : ""
                    return "{\"name\": \"\(step)\", \"run\": \"echo \(step) >> '\(trailPath)'\(address)\"}"
                }
                return "\"\(phase)\": [\(entries.joined(separator: ", "))]"
            }
            let path = files.folder + "/workflow.json"
            try Data("{\(phases.joined(separator: ", "))}".utf8).write(to: URL(fileURLWithPath: path))
            command += ["--workflow", path]
        }
        self.command = command
    }

    /// Runs the same command once more; if a state could not be saved, recovers it first, as the error says.
    ///
    /// - Returns: The violations: the goal is not reached, or a step whose completion is saved ran again.
    func runAgain() async throws -> [String] {
        let completed = await savedSteps(.completed)
        let before = trail.filter { completed.contains($0) }
        let hasRecord = exists(files.folder + "/emergency/typed-environments/emergency/")
        // A record of the line that is in place, whose fdatasync failed, is kept and is no newer. What is stored is asked for
        // before the command, which saves more.
        let stored = (try? await files.repository.load(files.name))?.serial ?? 0
        var (end, output) = try await files.run(command)
        let records = (try? Folder(files.folder + "/emergency/typed-environments/emergency").names()) ?? []
        let newest = records.compactMap { Int($0.split(separator: ".").dropFirst().first ?? "") }.max() ?? 0
        if newest > stored, hasRecord, end != .exited(74) {
            return ["a state that could not be saved was passed over: \(output)"]
        }
        if end == .exited(74), let record = output.firstMatch(of: #/ --recover (\S+)/#)?.output.1 {
            let recovery = [Bench.provision, files.name.text, "--data-dir", files.data, "--recover", String(record)]
            (end, output) = try await files.run(recovery)
            if end == .exited(0) { (end, output) = try await files.run(command) }
        }
        let after = trail.filter { completed.contains($0) }
        return (end == .exited(0) ? [] : ["the next run: \(end) \(output)"])
            + (before == after ? [] : ["ran again: \(after), had run: \(before)"])
    }

    /// The steps that had an effect, in their order.
    var trail: [String] { text(trailPath).split(separator: "\n").map(String.init) }

    private func events() async -> [HistoryEvent] {
        await EnvironmentLog.withHandler({ _ in }) {
            ((try? await files.repository.historyLines(of: files.name)) ?? nil)?.map(\.event) ?? []
        }
    }

    /// Returns the steps with an event in the history.
    func savedSteps(_ event: StepEvent) async -> Set<String> {
        Set(await events().compactMap { if case .step(let name, event) = $0.change { name.text } else { nil } })
    }

    /// Returns the steps that were completed more than once according to the history.
    func completedTwice() async -> [String] {
        var seen: Set<String> = []
        return await events().compactMap { event in
            guard case .step(let name, .completed) = event.change else { return nil }
            return seen.insert("\(event.command) \(name)").inserted ? nil : name.text
        }
    }

    func reset() throws {
        for path in [files.data, trailPath, files.folder + "/emergency"] {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// Stops the service if the run started one.
    func end() async throws {
        guard
            let pid = try await files.repository.load(files.name)?.document.context.outputs["service_pid"].flatMap({
                Int32($0)
            }),
            ThisProcess.commandLine(of: pid)?.contains(files.folder) == true
        else { return }
        ThisProcess.signal(Signals.kill, to: pid)
    }
}
