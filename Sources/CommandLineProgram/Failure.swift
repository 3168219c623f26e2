import Commands
public import EnvironmentDomain
import OpenTofuProvider
import OperatingSystem

/// An error in the form that a program reports: an exit code, a word for programs and sentences for people.
public struct Failure: Error {
    /// The exit codes of errors, except for signals, whose exit code is 128 and the signal's number.
    public enum Code: Int32, Sendable {
        case stepFailed = 1
        case drift = 2
        case usage = 64
        case damaged = 65
        case notFound = 66
        case toolMissing = 69
        case bug = 70
        case notSaved = 74
        case held = 75
        case wrongState = 78
    }

    /// The exit code.
    public let code: Int32
    /// The kind of the error as a word for programs.
    public let kind: String
    /// The description for people, in whole sentences.
    public var message: String
    public internal(set) var step: StepName?
    public internal(set) var holder: LeaseHolder?
    public internal(set) var traceFile: String?
    public internal(set) var emergencyRecord: String?
    /// The suggested actions for a failed step.
    var suggestedActions: [SuggestedAction]?
    /// The last lines of the failed step's output.
    var logTail: [String] = []
    /// The command line to run next; `nil` for none.
    public var next: String?

    public init(_ code: Code, _ kind: String, _ message: String, next: String? = nil) {
        self.init(exit: code.rawValue, kind, message)
        self.next = next
    }

    /// Creates the failure of a program that lacks threads, open files or `/proc`.
    init(lackOfMeans error: SystemError) {
        let limits = ThisProcess.limits
        let isThread = error.call == "pthread_create"
        let limit =
            isThread
            ? limits.processes.map { "this user may have \($0) processes and threads (ulimit -u)" }
            : limits.files.map { "this process may open \($0) files (ulimit -n)" }
        self.init(
            .notSaved, "system_limit",
            "\(isThread ? "No further thread" : "No further file") can be \(isThread ? "started" : "opened"): "
                + "\(error.reason)\(limit.map { "; \($0)" } ?? ""). Raise the limit and run the command again. Nothing was "
                + "done.")
    }

    /// Returns the failure for a system that does not show this process in `/proc`.
    static func noProcesses(_ error: SystemError) -> Failure {
        Failure(
            .toolMissing, "no_proc",
            "The folder /proc does not show this process (\(error.reason)): it is not mounted, or belongs to another "
                + "namespace of processes. Mount it (unshare --mount-proc; mount -t proc proc /proc) and run the command "
                + "again. Nothing was done.")
    }

    /// Creates the failure of a program that a signal interrupted.
    public init(interrupted message: String, signal: Int32?, next: String?) {
        self.init(exit: 128 + (signal ?? 2), "interrupted", message)
        self.next = next
    }

    private init(exit code: Int32, _ kind: String, _ message: String) {
        self.code = code
        self.kind = kind
        self.message = message
    }

    /// Creates the failure for an error.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - invocations: The program's command lines, one of which is suggested next.
    ///   - signal: The signal that stopped the program; `nil` for none.
    public init(_ error: any Error, invocations: any Invocations, signal: Int32? = nil) {
        switch error {
        case let failure as Failure: self = failure
        case let error as UsageError: self.init(.usage, "usage", error.description, next: invocations.help)
        case let error as InvalidValue: self.init(.usage, "invalid_value", error.description)
        case let error as WorkflowFileError: self.init(.usage, "invalid_workflow", error.description)
        case let error as InfrastructureError: self.init(.usage, "invalid_infrastructure", error.description)
        case let error as RepositoryError: self.init(error, invocations: invocations, signal: signal)
        case let error as CommandError: self.init(error, invocations: invocations, signal: signal)
        case is CancellationError:
            self.init(exit: 128 + (signal ?? 2), "interrupted", "It was stopped. Nothing was changed.")
        default: self.init(.bug, "internal", "This is a bug: \(error)")
        }
    }

    private init(_ error: RepositoryError, invocations: any Invocations, signal: Int32?) {
        let isCancelled = error.code == .cancelled
        self.init(
            exit: isCancelled ? 128 + (signal ?? 2) : Self.code(of: error.code).rawValue,
            isCancelled ? "interrupted" : error.code.rawValue,
            // Who holds it and until when is what the command line shows that leads on.
            error.code == .lockAcquisitionFailed ? error.brief(in: nil) : error.message)
        holder = error.holder
        switch error.code {
        case .busy, .lockAcquisitionFailed: next = invocations.showProcesses()
        case .frozen: next = invocations.unfreeze()
        // The stored state must be inspected first: another command, or this one in spite of the error, may have
        // changed it.
        case .conflict, .lockLost, .durabilityUnknown, .recordRefused: next = invocations.look()
        case .cancelled: next = invocations.again(rerun: nil, isStored: false, isBegun: false)
        // The command would fail again until the cause in its message is removed.
        case .lockUnusable, .insufficientSpace, .notWritable, .writeStateFailed, .readStateFailed, .deleteStateFailed,
            .directoryCreationFailed:
            break
        case .recordPending: next = error.backup.map(invocations.recover)
        default: next = error.backup.map(invocations.repair)
        }
    }

    private init(_ error: CommandError, invocations: any Invocations, signal: Int32?) {
        if error.code == .repository, let save = error.failedSave {
            self.init(save, invocations: invocations, signal: signal)
            return
        }
        let isToolMissing =
            error.code == .toolMissing || error.failure?.errorKind == StepError.Kind.toolMissing.rawValue
        let (next, advice) = Self.way(on: error, invocations)
        self.init(
            exit: isToolMissing ? Code.toolMissing.rawValue : Self.code(of: error.code, signal: signal),
            isToolMissing ? CommandError.Code.toolMissing.rawValue : error.code.rawValue, error.message + advice)
        step = error.step
        traceFile = error.failure?.traceFile?.text
        suggestedActions = error.failure?.actions
        emergencyRecord = error.emergencyRecord
        logTail = error.logTail
        self.next = next
    }

    /// Returns the command line to run next after an error, and what to do before it.
    ///
    /// A record comes first: any other command would repeat work that only the record knows.
    private static func way(
        on error: CommandError, _ invocations: any Invocations
    ) -> (next: String?, advice: String) {
        if let record = error.emergencyRecord { return (invocations.recover(record), "") }
        switch error.code {
        case .destructionUnfinished: return (invocations.destroy(), "")
        case .wrongState where error.lastDurable?.state == .destroyed: return (invocations.purge(), "")
        case .frozen: return (invocations.unfreeze(), "")
        case .busy: return (invocations.showProcesses(), "")
        case .inputsChanged: return (error.startAgain.map(invocations.startAgain), "")
        // No environment is stored.
        case .wrongState where error.lastDurable == nil: return (invocations.create(), "")
        case .stepFailed where error.startAgain != nil, .workflowChanged where error.startAgain != nil:
            let again = error.startAgain.map { phase in
                let way = "start the phase again: \(invocations.startAgain(phase))."
                return error.step == nil
                    ? " Put the completed steps back, or use the steps as they are now and \(way)"
                    : " Repair the step that sets it, then \(way)"
            }
            return (invocations.look(), again ?? "")
        case .wrongState, .workflowChanged, .staleEnvironment, .noEarlierRelease: return (invocations.look(), "")
        // A step ran, and not all of its effects could be recorded.
        case .saveFailed where error.step != nil: return (invocations.look(), "")
        case .stepFailed:
            let retry = invocations.retry(error.lastDurable)
            guard let explanation = invocations.explain(error.step, insteadOf: retry) else {
                return (retry, " Repair the cause first.")
            }
            return (explanation, " Repair the cause, then retry: \(retry).")
        // Nothing was done, and the command would fail again until the cause in its message is removed.
        case .saveFailed, .toolMissing: return (nil, "")
        default:
            let isBegun = error.code == .interrupted && (error.step != nil || !error.steps.isEmpty)
            return (
                invocations.again(rerun: error.rerun, isStored: error.lastDurable != nil, isBegun: isBegun), ""
            )
        }
    }

    private static func code(of code: CommandError.Code, signal: Int32?) -> Int32 {
        switch code {
        case .stepFailed: Code.stepFailed.rawValue
        case .interrupted: 128 + (signal ?? 2)
        case .saveFailed: Code.notSaved.rawValue
        case .toolMissing: Code.toolMissing.rawValue
        case .busy: Code.held.rawValue
        case .repository: Code.bug.rawValue
        // All other errors are thrown before anything is done.
        default: Code.wrongState.rawValue
        }
    }

    private static func code(of code: RepositoryError.Code) -> Code {
        switch code {
        case .deserializationFailed, .corruptedStateFile, .checksumMismatch, .schemaTooNew, .wrongEnvironment,
            .notRegularFile:
            .damaged
        case .lockAcquisitionFailed, .busy: .held
        case .recordRefused, .frozen: .wrongState
        case .serializationFailed, .cancelled: .bug
        default: .notSaved
        }
    }
}

extension Failure: Encodable {
    private enum Member: String, CodingKey {
        case error, code, kind, message, step, holder, next
        case traceFile = "trace_file"
        case emergencyRecord = "emergency_record"
        case suggestedActions = "suggested_actions"
    }

    public func encode(to encoder: any Encoder) throws {
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
        try error.encodeIfPresent(suggestedActions, forKey: .suggestedActions)
    }

    /// Writes the error to standard error for people and, when JSON is requested, also to standard output.
    public func write(json: Bool, to console: Console) {
        if json { StandardOutput.write(json: self) }
        if !logTail.isEmpty { console.say(["the last lines of the step's log:"] + logTail.map { "  | \($0)" }) }
        let sentence = message.hasSuffix(".") || message.hasSuffix("?") ? message : message + "."
        console.fail(sentence, next: next, kind: kind)
    }
}
