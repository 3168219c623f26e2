import Commands
import EnvironmentDomain

/// An error as this program reports it: an exit code, a word for programs and a sentence for people.
struct Failure: Error {
    enum Code: Int32 {
        case stepFailed = 1
        case usage = 64
        case damaged = 65
        case notFound = 66
        case toolMissing = 69
        case bug = 70
        case notSaved = 74
        case held = 75
        case wrongState = 78
    }

    let code: Int32
    let kind: String
    let message: String
    var step: StepName?
    var holder: LeaseHolder?
    var traceFile: String?
    var emergencyRecord: String?
    var logTail: [String] = []
    /// The command line that leads on.
    var next: String?

    init(_ code: Code, _ kind: String, _ message: String, next: String? = nil) {
        self.init(exit: code.rawValue, kind, message)
        self.next = next
    }

    private init(exit code: Int32, _ kind: String, _ message: String) {
        self.code = code
        self.kind = kind
        self.message = message
    }

    /// - Parameter signal: the signal that stopped the program, when one did.
    init(_ error: any Error, arguments: Arguments, signal: Int32?) {
        switch error {
        case let failure as Failure: self = failure
        case let error as UsageError:
            self.init(.usage, "usage", error.description, next: "example-provision --help")
        case let error as InvalidValue: self.init(.usage, "invalid_value", error.description)
        case let error as WorkflowFileError: self.init(.usage, "invalid_workflow", error.description)
        case let error as RepositoryError: self.init(error, arguments: arguments, signal: signal)
        case let error as CommandError: self.init(error, arguments: arguments, signal: signal)
        default: self.init(.bug, "internal", "This is a bug: \(error)")
        }
    }

    private init(_ error: RepositoryError, arguments: Arguments, signal: Int32?) {
        let isCancelled = error.code == .cancelled
        self.init(
            exit: isCancelled ? 128 + (signal ?? 2) : Self.code(of: error.code).rawValue,
            isCancelled ? "interrupted" : error.code.rawValue, error.message)
        holder = error.holder
        switch error.code {
        case .lockAcquisitionFailed, .busy: next = arguments.invocation("--status")
        case .cancelled, .conflict, .lockLost, .durabilityUnknown, .insufficientSpace, .notWritable, .writeStateFailed:
            next = arguments.invocation()
        default: next = error.backup.map { arguments.invocation("--recover", $0) }
        }
    }

    private init(_ error: CommandError, arguments: Arguments, signal: Int32?) {
        if error.code == .repository, let save = error.failedSave {
            self.init(save, arguments: arguments, signal: signal)
            return
        }
        self.init(exit: Self.code(of: error.code, signal: signal), error.code.rawValue, error.message)
        step = error.step
        traceFile = error.failure?.traceFile?.text
        emergencyRecord = error.emergencyRecord
        logTail = error.logTail
        next =
            switch error.code {
            case .destructionUnfinished: arguments.invocation("--destroy")
            case .wrongState: arguments.invocation("--purge")
            case .busy: arguments.invocation("--status")
            case .saveFailed, .stepFailed:
                error.emergencyRecord.map { arguments.invocation("--recover", $0) } ?? Self.again(arguments)
            default: Self.again(arguments, rerun: error.rerun)
            }
    }

    /// The same command line once more.
    ///
    /// - Parameter rerun: a step that is repeated only when it is named.
    private static func again(_ arguments: Arguments, rerun: StepName? = nil) -> String {
        var more: [String] = []
        if arguments.action == .destroy { more.append("--destroy") }
        if arguments.goal != .configured { more += ["--until", arguments.goal.rawValue] }
        if let rerun { more += ["--rerun", rerun.text] }
        return arguments.invocation(more)
    }

    private static func code(of code: CommandError.Code, signal: Int32?) -> Int32 {
        switch code {
        case .stepFailed: Code.stepFailed.rawValue
        case .interrupted: 128 + (signal ?? 2)
        case .saveFailed: Code.notSaved.rawValue
        case .busy: Code.held.rawValue
        case .repository: Code.bug.rawValue
        case .staleEnvironment, .wrongState, .destructionUnfinished, .workflowChanged, .notRepeatable:
            Code.wrongState.rawValue
        }
    }

    private static func code(of code: RepositoryError.Code) -> Code {
        switch code {
        case .deserializationFailed, .corruptedStateFile, .checksumMismatch, .schemaTooNew, .wrongEnvironment,
            .notRegularFile, .tooLarge:
            .damaged
        case .lockAcquisitionFailed, .busy: .held
        case .recordRefused: .wrongState
        case .serializationFailed, .cancelled: .bug
        case .lockUnusable, .lockLost, .conflict, .directoryCreationFailed, .insufficientSpace, .notWritable,
            .writeStateFailed, .readStateFailed,
            .durabilityUnknown, .deleteStateFailed:
            .notSaved
        }
    }
}
