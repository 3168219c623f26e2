import EnvironmentDomain
import OperatingSystem

/// An error for a workflow file that cannot be used.
public struct WorkflowFileError: Error, Sendable, CustomStringConvertible {
    /// The path of the file.
    public let path: String
    /// The place in the file, for example `provision[1].timeout_seconds`, the fault, and the expected value.
    public let reason: String

    /// A sentence with the path and the reason.
    public var description: String {
        "The workflow file \(path) cannot be used: \(reason)\(reason.ends(with: "?") ? "" : ".") Nothing was changed."
    }
}

extension Provider {
    /// Reads a provider from a workflow file in JSON.
    ///
    /// - Parameter file: The path of the file. A relative path starts at the working folder.
    /// - Throws: ``WorkflowFileError`` when the file cannot be read, is invalid, or has unknown members.
    public static func workflowFile(_ file: String) throws(WorkflowFileError) -> Provider {
        let path: String
        do {
            path = try AbsolutePath(resolving: file).text
        } catch {
            throw WorkflowFileError(path: file, reason: error.rule)
        }
        do {
            let opened = try OpenFile(path, .readFollowingLinks)
            try checkLasting(path, try opened.status())
            let written = try HandwrittenJSON<WorkflowFile>(opened)
            let (content, bytes) = (written.content, written.bytes)
            let source = try AbsolutePath(path)
            let folder = try AbsolutePath(parentPath(of: path) ?? "/")
            var provider = Provider(
                ProviderReference(kind: .workflow, source: source, digest: Checksum(of: bytes)),
                steps: content.phases.mapValues { steps in
                    steps.map { $0.step(inherited: content.inherited, folder: folder) }
                })
            for phase in Phase.allCases { provider.digests[phase] = content.digest(of: phase) }
            return provider
        } catch let error as WorkflowFileError {
            throw error
        } catch let error as SystemError {
            throw WorkflowFileError(path: path, reason: error.reason)
        } catch let error as HandwrittenJSONError {
            throw WorkflowFileError(path: path, reason: error.reason)
        } catch {
            throw WorkflowFileError(path: path, reason: "\(error)")
        }
    }

    /// Checks that the file is a lasting one, since every later command reads it again from the stored path.
    private static func checkLasting(_ path: String, _ status: FileStatus) throws(WorkflowFileError) {
        if status.kind == .folder { throw WorkflowFileError(path: path, reason: "it is a folder") }
        let isOfThisProcess = ["/dev/", "/proc/"].contains(where: path.begins)
        guard status.kind == .regular, !isOfThisProcess else {
            throw WorkflowFileError(
                path: path,
                reason:
                    "it is a pipe or a device, or another file that is there for this run only, and later runs read "
                    + "the steps again from the same path; write them to a file, and name that file")
        }
    }
}

/// The content of a workflow file.
private struct WorkflowFile: Decodable {
    let phases: [Phase: [StepEntry]]
    let inherited: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(Phase.allCases.map(\.rawValue) + ["inherit"])
        inherited = try container.decodeVariableNames()
        var phases: [Phase: [StepEntry]] = [:]
        for phase in Phase.allCases {
            let key = MemberName(phase.rawValue)
            guard container.contains(key) else { continue }
            let steps = try container.decode([StepEntry].self, forKey: key)
            var names: Set<StepName> = []
            for step in steps where !names.insert(step.name).inserted {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "two steps have the name \"\(step.name)\"")
            }
            phases[phase] = steps
        }
        guard phases[.provision]?.isEmpty == false else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [MemberName("provision")], debugDescription: "at least one step is needed"))
        }
        self.phases = phases
    }
}

extension WorkflowFile {
    /// Returns the checksum of a phase's steps, which changes in other phases do not affect.
    func digest(of phase: Phase) -> Checksum {
        let steps = (phases[phase] ?? []).map { step in step.words + inherited }
        return Checksum(of: steps.map { $0.joined(separator: "\0") }.joined(separator: "\0\0").utf8)
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

    private static let blanks = Set(" \t\n\r".utf8)

    /// The content of the step as strings, for the checksum.
    var words: [String] {
        [name.text, script, "\(timeout)", "\(retry.retries)", "\(retry.delay)", "\(isRepeatable)"] + inherited
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer([
            "name", "run", "timeout_seconds", "retries", "retry_delay_seconds", "repeatable", "inherit",
        ])
        name = try container.decode(StepName.self, forKey: MemberName("name"))
        script = try container.decode(String.self, forKey: MemberName("run"))
        // An empty script would succeed without doing anything.
        guard !script.has("\0"), script.utf8.contains(where: { !Self.blanks.contains($0) }) else {
            throw DecodingError.dataCorruptedError(
                forKey: MemberName("run"), in: container,
                debugDescription: "a script that is not empty and has no zero characters is expected")
        }
        timeout = .seconds(
            try container.decodeNumber(
                "timeout_seconds", default: 600, "a number above 0 and up to 1000000000 is expected"
            ) { $0 > 0 })
        retry = .exponential(
            Int(
                try container.decodeNumber("retries", default: 0, "a whole number from 0 to 1000 is expected") {
                    $0 >= 0 && $0 <= 1000 && $0.rounded() == $0
                }),
            from: .seconds(
                try container.decodeNumber(
                    "retry_delay_seconds", default: 1, "a number from 0 to 1000000000 is expected"
                ) { $0 >= 0 }
            ))
        let repeatable = MemberName("repeatable")
        isRepeatable = container.contains(repeatable) ? try container.decode(Bool.self, forKey: repeatable) : true
        inherited = try container.decodeVariableNames()
    }

    func step(inherited more: [String], folder: AbsolutePath) -> Step {
        .shell(
            name, script, timeout: timeout, retry: retry, isRepeatable: isRepeatable, inheriting: more + inherited,
            folder: folder)
    }
}

extension KeyedDecodingContainer<MemberName> {
    fileprivate func decodeVariableNames() throws -> [String] {
        let key = MemberName("inherit")
        guard contains(key) else { return [] }
        let names = try decode([String].self, forKey: key)
        if let wrong = names.first(where: { $0.isEmpty || $0.has("=") || $0.has("\0") }) {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "\"\(wrong)\" is not the name of an environment variable")
        }
        return names
    }
}
