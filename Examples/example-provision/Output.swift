import Commands
import EnvironmentDomain
import OperatingSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the program says on standard output when all went well.
struct Output: Encodable {
    struct Step: Encodable {
        let command: CommandName
        let name: StepName
        let outcome: String
        let durationSeconds: Double?

        enum CodingKeys: String, CodingKey {
            case command, name, outcome
            case durationSeconds = "duration_seconds"
        }
    }

    let environment: String
    var state: LifecycleState?
    var serial = 0
    var changed = false
    var instanceAddress: String?
    let dataFolder: String
    var steps: [Step] = []
    var next: String?
    var savedAt: Timestamp?
    var progress: StepProgress?
    var failure: StepFailure?
    var holder: LeaseHolder?
    /// A record that is newer than what is stored.
    var emergencyRecord: String?
    /// Lines for people, which JSON does not need.
    var text: [String] = []

    enum CodingKeys: String, CodingKey {
        case environment, state, serial, changed, steps, next, progress, failure, holder
        case instanceAddress = "instance_address"
        case dataFolder = "data_dir"
        case savedAt = "saved_at"
        case emergencyRecord = "emergency_record"
    }

    init(_ arguments: Arguments, dataFolder: AbsolutePath, stored: StoredEnvironment?) {
        environment = arguments.name
        self.dataFolder = dataFolder.text
        state = stored?.document.state
        serial = stored?.serial ?? 0
        instanceAddress = stored?.document.instance?.address.text
        savedAt = stored?.savedAt
        next = stored.flatMap { Self.next($0.document, arguments) }
    }

    /// The command line that leads on from a state.
    private static func next(_ environment: AnyEnvironmentState, _ arguments: Arguments) -> String? {
        if environment.state == .destroyed { return arguments.invocation("--purge") }
        guard let command = environment.nextCommand else { return nil }
        if command == .destroy { return arguments.invocation("--destroy") }
        guard let goal = Goal.allCases.first(where: { $0.command == command }) else { return nil }
        return goal == .provisioned || goal == .configured
            ? arguments.invocation() : arguments.invocation("--until", goal.rawValue)
    }

    func write(json: Bool) {
        if json {
            StandardStream.output.write(Self.json(self) + "\n")
        } else {
            StandardStream.output.write(text.map { $0 + "\n" }.joined())
        }
    }

    static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = (try? encoder.encode(value)).map { Array($0) } ?? []
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Failure: Encodable {
    private enum Member: String, CodingKey {
        case error, code, kind, message, step, holder, next
        case traceFile = "trace_file"
        case emergencyRecord = "emergency_record"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Member.self)
        var error = container.nestedContainer(keyedBy: Member.self, forKey: .error)
        try error.encode(code, forKey: .code)
        try error.encode(kind, forKey: .kind)
        try error.encode(message, forKey: .message)
        try error.encodeIfPresent(step, forKey: .step)
        try error.encodeIfPresent(holder, forKey: .holder)
        try error.encodeIfPresent(next, forKey: .next)
        try error.encodeIfPresent(traceFile, forKey: .traceFile)
        try error.encodeIfPresent(emergencyRecord, forKey: .emergencyRecord)
    }

    /// Writes the error: to standard error for people, and to standard output when JSON is asked for.
    func write(json: Bool, to console: Console) {
        if json { StandardStream.output.write(Output.json(self) + "\n") }
        if !logTail.isEmpty { console.say(["the last lines of the step's log:"] + logTail.map { "  | \($0)" }) }
        let sentence = message.hasSuffix(".") ? message : message + "."
        let way = next.map { " Next: \($0)" } ?? ""
        console.fail("\(sentence)\(way)", kind: kind)
    }
}

extension Duration {
    /// The duration in seconds with two digits, and with one from ten seconds on: `0.42 s`.
    var text: String {
        let hundredths = Int((seconds * 100).rounded())
        if hundredths >= 1000 { return "\(hundredths / 100).\(hundredths / 10 % 10) s" }
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10) s"
    }
}
