import EnvironmentDomain
import OperatingSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A workflow file that cannot be used.
public struct WorkflowFileError: Error, Sendable, CustomStringConvertible {
    public let path: String
    /// The place in the file, for example `provision[1].timeout_seconds`, what is wrong there and what is expected.
    public let reason: String

    public var description: String {
        "The workflow file \(path) cannot be used: \(reason). Nothing was changed."
    }
}

extension Provider {
    /// Reads the steps of all commands from a JSON file.
    ///
    /// - Throws: ``WorkflowFileError`` with the place and what is expected there, also for unknown members.
    public static func workflowFile(_ path: String) throws(WorkflowFileError) -> Provider {
        do {
            let path = try AbsolutePath(resolving: path).text
            let bytes = try OpenFile(path, .readFollowingLinks).read(limit: 16 << 20)
            let file = try JSONDecoder().decode(WorkflowFile.self, from: Data(bytes))
            if let repeated = RepeatedMember(in: bytes) {
                throw WorkflowFileError(
                    path: path,
                    reason: "\(place(repeated.place)): \"\(repeated.name)\" stands there twice, and once is expected")
            }
            let source = try AbsolutePath(path)
            let folder = try AbsolutePath(parentPath(of: path) ?? "/")
            return Provider(
                ProviderReference(kind: .workflow, source: source, digest: Checksum(of: bytes)),
                steps: file.phases.mapValues { steps in
                    steps.map { $0.shellStep(inherited: file.inherited, folder: folder) }
                })
        } catch let error as WorkflowFileError {
            throw error
        } catch let error as SystemError {
            throw WorkflowFileError(path: path, reason: error.reason)
        } catch let error as InvalidValue {
            throw WorkflowFileError(path: path, reason: error.rule)
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            let place = context.underlyingError.map { ": \($0)" } ?? ""
            throw WorkflowFileError(path: path, reason: "it is not JSON\(place)")
        } catch DecodingError.keyNotFound(let key, let context) {
            throw WorkflowFileError(
                path: path, reason: "\(place(context.codingPath)): \"\(key.stringValue)\" is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context),
            DecodingError.valueNotFound(_, let context)
        {
            throw WorkflowFileError(path: path, reason: "\(place(context.codingPath)): \(context.debugDescription)")
        } catch {
            throw WorkflowFileError(path: path, reason: "\(error)")
        }
    }
}

private func place(_ path: [any CodingKey]) -> String {
    guard !path.isEmpty else { return "at the top" }
    return path.reduce("") { text, key in
        if let index = key.intValue { return "\(text)[\(index)]" }
        return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
    }
}

/// A workflow file's content.
private struct WorkflowFile: Decodable {
    let phases: [CommandName: [StepEntry]]
    let inherited: [String]

    private static let commands: [CommandName] = [.provision, .configure, .release, .run, .destroy]

    init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(Self.commands.map(\.rawValue) + ["inherit"])
        inherited = try container.decodeVariableNames()
        var phases: [CommandName: [StepEntry]] = [:]
        for command in Self.commands {
            let key = MemberName(command.rawValue)
            guard container.contains(key) else { continue }
            let steps = try container.decode([StepEntry].self, forKey: key)
            var names: Set<StepName> = []
            for step in steps where !names.insert(step.name).inserted {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "two steps have the name \"\(step.name)\"")
            }
            phases[command] = steps
        }
        guard phases[.provision]?.isEmpty == false else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [MemberName("provision")], debugDescription: "at least one step is needed"))
        }
        self.phases = phases
    }
}

/// One step of a workflow file.
private struct StepEntry: Decodable {
    let name: StepName
    private let script: String
    private let timeout: Duration
    private let retry: RetryPolicy
    private let isRepeatable: Bool
    private let inherited: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer([
            "name", "run", "timeout_seconds", "retries", "retry_delay_seconds", "repeatable", "inherit",
        ])
        name = try container.decode(StepName.self, forKey: MemberName("name"))
        script = try container.decode(String.self, forKey: MemberName("run"))
        guard !script.unicodeScalars.contains("\0") else {
            throw DecodingError.dataCorruptedError(
                forKey: MemberName("run"), in: container,
                debugDescription: "a script without zero characters is expected")
        }
        timeout = .seconds(
            try container.decodeNumber("timeout_seconds", default: 600, "a number above 0 is expected") { $0 > 0 })
        retry = RetryPolicy(
            retries: Int(
                try container.decodeNumber("retries", default: 0, "a whole number from 0 to 1000 is expected") {
                    $0 >= 0 && $0 <= 1000 && $0.rounded() == $0
                }),
            delay: .seconds(
                try container.decodeNumber("retry_delay_seconds", default: 1, "a number from 0 is expected") { $0 >= 0 }
            ))
        let repeatable = MemberName("repeatable")
        isRepeatable = container.contains(repeatable) ? try container.decode(Bool.self, forKey: repeatable) : true
        inherited = try container.decodeVariableNames()
    }

    func shellStep(inherited more: [String], folder: AbsolutePath) -> ShellStep {
        ShellStep(
            name: name, script: script, timeout: timeout, retry: retry, isRepeatable: isRepeatable,
            inherited: more + inherited, folder: folder)
    }
}

private struct MemberName: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// A container that holds no other members than these.
    fileprivate func strictContainer(_ allowed: [String]) throws -> KeyedDecodingContainer<MemberName> {
        let container = try container(keyedBy: MemberName.self)
        if let unknown = container.allKeys.map(\.stringValue).sorted().first(where: { !allowed.contains($0) }) {
            throw DecodingError.dataCorruptedError(
                forKey: MemberName(unknown), in: container,
                debugDescription: "there is no member of this name; known are \(allowed.joined(separator: ", "))")
        }
        return container
    }
}

extension KeyedDecodingContainer<MemberName> {
    fileprivate func decodeNumber(
        _ name: String, default standard: Double, _ expectation: String, where isValid: (Double) -> Bool
    ) throws -> Double {
        let key = MemberName(name)
        guard contains(key) else { return standard }
        guard let number = try? decode(Double.self, forKey: key), number.isFinite, number <= 1e9, isValid(number) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: expectation)
        }
        return number
    }

    fileprivate func decodeVariableNames() throws -> [String] {
        let key = MemberName("inherit")
        guard contains(key) else { return [] }
        let names = try decode([String].self, forKey: key)
        if let wrong = names.first(where: { $0.isEmpty || $0.contains("=") || $0.unicodeScalars.contains("\0") }) {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "\"\(wrong)\" is not the name of an environment variable")
        }
        return names
    }
}
