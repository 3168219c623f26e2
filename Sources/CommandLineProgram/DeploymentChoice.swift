import Commands
public import EnvironmentDomain

/// The first phase and the parameters of a deployment, from the command line.
public struct DeploymentChoice: Hashable, Sendable {
    /// The first phase of a deployment.
    public enum Beginning: Hashable, Sendable {
        /// The phase that follows from the stored state.
        case stored
        /// A phase again, from its first step.
        case again(Phase)
        /// The last phase: it starts, resumes an earlier run, or, when it is complete, starts again.
        case last
        /// The last phase, from its first step.
        case lastFromStart
    }

    public var beginning = Beginning.stored
    /// The parameters to change; all others keep their values.
    public var parameters: [ParameterName: String] = [:]

    public init() {}

    /// Adds the value of an option `--set NAME=VALUE`.
    ///
    /// - Throws: ``UsageError`` when the value is not a name, an equals sign and a text, or when the parameter was
    ///   already set.
    public mutating func set(_ text: String) throws(UsageError) {
        let bytes = text.utf8
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else {
            throw UsageError(description: "--set needs NAME=VALUE, for example --set tag=v2, and not \(text)")
        }
        let name: ParameterName
        do {
            name = try ParameterName(String(text[..<equals]))
        } catch {
            throw UsageError(description: "--set: \(error)")
        }
        guard parameters[name] == nil else { throw UsageError(description: "--set names \(name) twice") }
        let value = String(text[bytes.index(after: equals)...])
        guard value.utf8.count <= 32 << 10, !value.utf8.contains(0) else {
            throw UsageError(
                description:
                    "--set: the value of \(name) has more than 32768 bytes or a zero byte, which no program takes")
        }
        parameters[name] = value
    }

    /// The command-line options that set these parameters.
    public var words: [String] {
        parameters.sorted { $0.key < $1.key }.flatMap { ["--set", "\($0.key)=\($0.value)"] }
    }

    /// Returns the phase to start again; `nil` to continue from the stored state.
    func first(of stored: AnyEnvironmentState?, until last: Phase) throws(UsageError) -> Phase? {
        switch beginning {
        case .stored: return nil
        case .again(let phase):
            guard phase <= last else {
                throw UsageError(description: "--from \(phase) comes after the goal \(last.goal)")
            }
            return phase
        case .last: return stored.map(last.isReached) == true ? last : nil
        case .lastFromStart: return stored.map(last.isBegun) == true ? last : nil
        }
    }
}
