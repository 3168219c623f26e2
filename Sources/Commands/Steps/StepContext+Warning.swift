import EnvironmentDomain

extension StepContext {
    /// Writes a warning to the step's log and to the program's log.
    ///
    /// - Parameters:
    ///   - message: What is wrong, for people.
    ///   - details: More fields of the record in the program's log, in their order.
    public func warn(_ message: String, _ details: [(String, String)] = []) {
        log("warning: \(message)")
        EnvironmentLog.log(
            LogRecord(
                level: .warning, message: message,
                pairs: [("environment_name", environment.name.text), ("step", step.text)] + details))
    }
}
