import Commands
public import EnvironmentDomain

/// Where a deployment begins and with which parameters, as a command line says it.
public struct DeploymentChoice: Hashable, Sendable {
    /// The phase to begin with.
    public enum Beginning: Hashable, Sendable {
        /// The phase that the stored state leads to.
        case stored
        /// This phase again, from its first step.
        case again(Phase)
        /// The last phase: from the state before it, where an earlier run ended, or again when it is complete.
        case last
        /// The last phase, from its first step.
        case lastFromStart
    }

    public var beginning = Beginning.stored
    /// The parameters to change; one that is not named stays as it is.
    public var parameters: [ParameterName: String] = [:]

    public init() {}

    /// Takes the value of an option `--set NAME=VALUE`.
    ///
    /// - Throws: ``UsageError`` when it is not a name, an equals sign and a value, or names a parameter twice.
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

    /// The options that set the same parameters.
    public var words: [String] {
        parameters.sorted { $0.key < $1.key }.flatMap { ["--set", "\($0.key)=\($0.value)"] }
    }

    /// The phase to start again; `nil` to continue from what is stored.
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
