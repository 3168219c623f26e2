import EnvironmentDomain

extension StepContext {
    /// Writes a warning to the step's log and to the log of this process.
    ///
    /// - Parameters:
    ///   - message: The warning, for people.
    ///   - details: Additional fields of the record in the log of this process, in order.
    public func warn(_ message: String, _ details: [(String, String)] = []) {
        log("warning: \(message)")
        EnvironmentLog.log(
            LogRecord(
                level: .warning, message: message,
                pairs: [("environment_name", environment.name.text), ("step", step.text)] + details))
    }
}
