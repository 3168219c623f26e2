public import EnvironmentDomain

/// An input that differs from the one with which a phase was completed.
public struct InputDifference: Hashable, Sendable, CustomStringConvertible {
    /// A kind of input, with its values.
    public enum Input: Hashable, Sendable {
        /// A parameter: the value with which the phase was completed (`nil` when it was not set), and the value given
        /// now.
        case parameter(ParameterName, completed: String?, given: String)
        /// The steps of the phase.
        case steps
    }

    /// The phase.
    public let phase: Phase
    /// The input that differs.
    public let input: Input

    /// A clause for people, for example `release was completed with tag=v1, and tag=v2 is given`.
    public var description: String {
        switch input {
        case .parameter(let name, let completed?, let given):
            "\(phase) was completed with \(name)=\(completed), and \(name)=\(given) is given"
        case .parameter(let name, nil, let given):
            "\(phase) was completed without \(name), and \(name)=\(given) is given"
        case .steps: "the steps of \(phase) were changed after it was completed"
        }
    }

    /// Returns the parameters whose values are new or differ from those before, sorted by name.
    ///
    /// Values are compared byte by byte: two Swift strings are equal when they are canonically equivalent, but programs
    /// see the bytes.
    static func changed(
        _ parameters: [ParameterName: String], from before: [ParameterName: String]
    ) -> [(key: ParameterName, value: String)] {
        parameters.filter { name, value in before[name].map { !$0.utf8.elementsEqual(value.utf8) } ?? true }
            .sorted { $0.key < $1.key }
    }

    /// Returns whether two sets of parameters are equal, byte by byte.
    static func isSame(_ left: [ParameterName: String], _ right: [ParameterName: String]) -> Bool {
        left.count == right.count && changed(left, from: right).isEmpty
    }

    /// Returns the differences between the inputs of completed phases and those given now.
    ///
    /// A parameter that is not given counts as unchanged.
    static func find(
        in phases: [Phase], of environment: AnyEnvironmentState, _ provider: Provider,
        _ parameters: [ParameterName: String]
    ) -> [InputDifference] {
        phases.flatMap { phase -> [InputDifference] in
            let context = environment.context
            let completed = context.completed[phase]
            let before = completed?.parameters ?? context.parameters
            var differences = changed(parameters, from: before).map {
                InputDifference(
                    phase: phase, input: .parameter($0.key, completed: before[$0.key], given: $0.value))
            }
            // Documents of version 1 have a single checksum, that of the whole source.
            let (digest, now) =
                completed.map { ($0.stepsDigest, provider[phase].digest) }
                ?? (context.provider.digest, provider.reference.digest)
            if digest != now {
                differences.append(InputDifference(phase: phase, input: .steps))
            }
            return differences
        }
    }
}
