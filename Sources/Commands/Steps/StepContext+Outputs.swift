import EnvironmentDomain

extension StepContext {
    /// Sets an output: it is stored with the environment as soon as the step ends, however it ends.
    ///
    /// - Parameters:
    ///   - key: The output.
    ///   - value: Its value, whose stored text has at most 32,768 bytes in UTF-8 and no zero byte.
    /// - Throws: ``StepError`` with the kind `invalid_output` when the value cannot be stored.
    public func set<Value>(_ key: OutputKey<Value>, to value: Value) throws(StepError) {
        try files.outputs.append(key.name, try key.text(of: value))
    }

    /// The value of an output that this step or an earlier one set; `nil` when there is none of the key's type.
    public subscript<Value>(key: OutputKey<Value>) -> Value? { try? output(key) }

    /// Returns the value of an output that this step or an earlier one set.
    ///
    /// What a program of this step wrote to `$OUTPUTS` is known to the next step.
    ///
    /// - Throws: ``OutputError`` when there is none, or its text is not of the key's type.
    public func output<Value>(_ key: OutputKey<Value>) throws(OutputError) -> Value {
        if let text = files.outputs.value(of: key.name) { return try key.value(of: text) }
        return try environment.context.output(key)
    }
}
