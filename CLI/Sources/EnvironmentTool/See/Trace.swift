import ArgumentParser
import CommandLineProgram
import Commands
import EnvironmentDomain

struct Trace: ToolCommand {
    static let configuration = CommandConfiguration(
        abstract: "The last failure: what went wrong, what caused it, and what to do.",
        usage: "\(Tool.name) trace <name> [<options>]", discussion: "\(Examples(["trace web"]))")

    @OptionGroup var names: NameOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var environmentName: EnvironmentName? { names.name }

    func answer(_ session: Session) async throws -> Answer {
        let repository = session.repository
        let standing = try await repository.standing(of: names.name)
        guard let stored = standing.stored else {
            if let error = standing.error { throw error }
            throw try await session.notFound(names.name)
        }
        let failure = stored.document.failure
        // A failure that was overcome is no longer in the state, and its file is still there.
        let folder = repository.workspace(for: names.name).traces
        let newest = failure == nil ? try await newestTrace(in: folder, repository) : nil
        guard let file = failure.map({ $0.traceFile?.text }) ?? newest ?? nil else {
            guard let failure else {
                return Answer(
                    ["nothing has failed in \(names.name)"],
                    json: Report(
                        environment: names.name, isOvercome: false, failure: nil, file: nil, text: [], advice: [],
                        next: nil))
            }
            throw Failure(
                .notFound, "no_trace",
                "\(failure.failedStep) of \(names.name) failed, and its trace could not be written: \(failure.summary).",
                next: session.invocation(names.name).line("logs", failure.failedStep.text))
        }
        let isHeld = try await repository.holder(of: names.name) != nil
        let report = Report(
            environment: names.name, isOvercome: failure == nil, failure: failure, file: file,
            text: try TextFile.lines(file) ?? Self.lines(failure, insteadOf: file),
            advice: failure?.actions.map(\.description) ?? [],
            next: await session.wayOut(names.name).next(from: standing, isHeld: isHeld))
        return Answer(report.lines, json: report)
    }

    /// The trace of the failure that was saved last; the times in the files' names go back when the clock is set.
    private func newestTrace(in folder: String, _ repository: any EnvironmentArchive) async throws -> String? {
        var serials: [String: Int] = [:]
        for line in try await repository.historyLines(of: names.name) ?? [] {
            for event in line.missed + [line.event] {
                guard case .step(let step, .failed) = event.change else { continue }
                serials["\(step) \(event.commandID)"] = line.serial
            }
        }
        func serial(_ name: String) throws -> Int {
            let lines = try TextFile.lines("\(folder)/\(name)") ?? []
            func word(_ member: String) -> Substring? {
                lines.first { $0.hasPrefix("\(member) ") }?.split(separator: " ").last
            }
            guard let step = word("step"), let run = word("command") else { return 0 }
            return serials["\(step) \(run)"] ?? 0
        }
        let traces = try TextFile.names(in: folder).map { (serial: try serial($0), name: $0) }
        return traces.max { $0 < $1 }.map { "\(folder)/\($0.name)" }
    }

    /// What the stored state still knows of a failure.
    private static func lines(_ failure: StepFailure?, insteadOf file: String) -> [String] {
        let lost = "The trace file \(file) is not there."
        guard let failure else { return [lost] }
        return [
            "\(failure.failedStep) failed at \(failure.failedAt): \(failure.summary) (\(failure.errorKind)).", lost,
        ]
    }

    private struct Report: Encodable, Sendable {
        let environment: EnvironmentName
        let isOvercome: Bool
        let failure: StepFailure?
        let file: String?
        let text: [String]
        /// What to do about it.
        let advice: [String]
        let next: String?

        enum CodingKeys: String, CodingKey {
            case environment, failure, text, advice, next
            case file = "trace_file"
            case isOvercome = "overcome"
        }

        var lines: [String] {
            let head = isOvercome ? ["This failure is overcome: \(environment) has continued since.", ""] : []
            return head + text + (advice.isEmpty ? [] : ["", "What to do:"] + advice.map { "  \($0)" })
                + (next.map { ["  next: \($0)"] } ?? [])
        }
    }
}
