public import EnvironmentDomain

extension EnvironmentContext {
    /// The value of an output; `nil` when the output is missing or not of the key's type.
    public subscript<Value>(key: OutputKey<Value>) -> Value? { try? output(key) }

    /// Returns the value of an output.
    ///
    /// - Throws: ``OutputError`` when the output is missing or not of the key's type.
    public func output<Value>(_ key: OutputKey<Value>) throws(OutputError) -> Value {
        guard let text = outputs[key.name] else { throw OutputError(key: key.name, text: nil, type: Value.self) }
        return try key.value(of: text)
    }
}

extension Environment {
    /// The value of an output; `nil` when the output is missing or not of the key's type.
    public subscript<Value>(key: OutputKey<Value>) -> Value? { snapshot.context[key] }

    /// Returns the value of an output.
    ///
    /// - Throws: ``OutputError`` when the output is missing or not of the key's type.
    public func output<Value>(_ key: OutputKey<Value>) throws(OutputError) -> Value {
        try snapshot.context.output(key)
    }
}

extension AnyEnvironmentState {
    /// The value of an output; `nil` when the output is missing or not of the key's type.
    public subscript<Value>(key: OutputKey<Value>) -> Value? { context[key] }

    /// Returns the value of an output.
    ///
    /// - Throws: ``OutputError`` when the output is missing or not of the key's type.
    public func output<Value>(_ key: OutputKey<Value>) throws(OutputError) -> Value { try context.output(key) }
}
