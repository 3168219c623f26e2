import EnvironmentDomain

extension StepContext {
    /// Sets an output, which is stored with the environment when the step ends, even if it fails.
    ///
    /// - Parameters:
    ///   - key: The output's key.
    ///   - value: The value. Its stored text has at most 32,768 bytes in UTF-8 and no zero byte.
    /// - Throws: ``StepError`` with the kind `invalid_output` when the value cannot be stored.
    public func set<Value>(_ key: OutputKey<Value>, to value: Value) throws(StepError) {
        try files.outputs.append(key.name, try key.text(of: value))
    }

    /// The value of an output that this step or an earlier one has set; `nil` when the output is missing or not of the
    /// key's type.
    public subscript<Value>(key: OutputKey<Value>) -> Value? { try? output(key) }

    /// Returns the value of an output that this step or an earlier one has set.
    ///
    /// Outputs that a program of this step appends to `$OUTPUTS` are available to later steps only.
    ///
    /// - Throws: ``OutputError`` when the output is missing or not of the key's type.
    public func output<Value>(_ key: OutputKey<Value>) throws(OutputError) -> Value {
        if let text = files.outputs.value(of: key.name) { return try key.value(of: text) }
        return try environment.context.output(key)
    }
}
