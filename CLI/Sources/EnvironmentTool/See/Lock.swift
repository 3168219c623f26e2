import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain
import Persistence

struct Lock: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who holds an environment: alive, stopped, elsewhere or gone.",
        usage: "\(Tool.name) lock <name> [<options>]",
        discussion: """
            A lock frees itself when its holder ends, so there is never one to break. The pid is for people: whether the \
            lock is free is asked of the kernel, or of the database.

            \(Examples(["lock web"]))
            """)

    @OptionGroup var names: NameOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        guard try await repository.isKnown(names.name) else { throw try await session.notFound(names.name) }
        let workspace = repository.workspace(for: names.name)
        let holder = try await repository.holder(of: names.name)
        let abandoned = try await repository.abandoned(names.name)
        let taken = repository is any ForceReleasing ? (holder ?? abandoned)?.lockID : nil
        let report = Report(
            environment: names.name, isHeld: holder != nil,
            holder: holder.map(Overview.Holder.init),
            abandoned: abandoned,
            processes: StepProcess.isAnyAtWork(in: workspace)
                // The holder has the lock of its steps' programs too.
                ? StepProcess.atWork(in: workspace).filter { $0.pid != holder?.pid } : nil,
            takeAway: taken.map { session.invocation(names.name).line("force-release", "--yes", $0.text) },
            next: holder == nil ? session.invocation(names.name).look() : nil, clock: global.clock)
        return Answer(report.lines, json: report)
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        let isHeld: Bool
        let holder: Overview.Holder?
        let abandoned: LeaseHolder?
        /// What a step started and what still works; nil when nothing does.
        let processes: [StepProcess]?
        /// The command line that takes it away from its holder; nil where that cannot be done.
        let takeAway: String?
        let next: String?
        let clock: WallClock

        enum CodingKeys: String, CodingKey {
            case environment, holder, abandoned, processes, next
            case takeAway = "take_away"
            case isHeld = "held"
        }

        var lines: [String] {
            var details = Details()
            if let holder {
                let record = holder.record
                details.add("process", "\(record.pid.map { "\($0)" } ?? "unknown"), \(meaning(holder.condition))")
                details.add("host", record.host)
                details.add("user", record.user)
                details.add("command", record.command?.rawValue)
                details.add("step", record.step?.text)
                details.add("since", record.since.map(clock.withAge))
                if let pid = record.pid, let advice = advice(holder.condition, pid) {
                    for (name, line) in advice { details.add(name, command: line) }
                }
                details.add("to take", takeAway.map { "\($0)  # when it cannot be stopped" })
            }
            details.add("left by", abandoned.map { "\($0), which is gone; the next command cleans up after it" })
            if let processes {
                let names = processes.map(\.description).joined(separator: ", ")
                details.add("at work", names.isEmpty ? "a process that this user may not inspect" : names)
            }
            if let processes, holder == nil, !processes.isEmpty {
                details.add("to stop", command: (["kill"] + processes.map { "\($0.pid)" }).commandLine)
            }
            details.add("next", command: next)
            let word = isHeld ? "held" : processes == nil ? "free" : "free, but what a step started still works"
            return ["The lock of \(environment) is \(word)"] + details.lines
        }

        /// What a person can do about the holder.
        private func advice(_ condition: HolderCondition, _ pid: Int32) -> KeyValuePairs<String, String>? {
            switch condition {
            case .alive: ["to stop": "kill \(pid)  # in order; it can be resumed"]
            case .stopped: ["to resume": "kill -CONT \(pid)", "to stop": "kill \(pid); kill -CONT \(pid)"]
            case .gone, .elsewhere, .unknown: nil
            }
        }

        private func meaning(_ condition: HolderCondition) -> String {
            switch condition {
            case .alive: "alive"
            case .stopped: "stopped (by a signal or a debugger)"
            case .gone: "gone: the holder has not said who it is yet"
            case .elsewhere: "elsewhere: on another host or in another container"
            case .unknown: "not known from here"
            }
        }
    }
}
