import CommandLineProgram
import EnvironmentDomain
import JSONText

extension Session {
    /// Answers for each of the environments, one after the other; what is refused for one keeps none of the others.
    ///
    /// A single environment that is named has the answer itself. Otherwise every line begins with its environment's name,
    /// the JSON document has one object for each environment, and the exit code is that of the worst.
    ///
    /// - Parameters:
    ///   - options: the environments that are meant.
    ///   - names: the same, as they were found in the store.
    ///   - answer: the work for one environment.
    func each(
        _ options: NamesOptions, _ names: [EnvironmentName], _ answer: (EnvironmentName) async throws -> Answer
    ) async throws -> Answer {
        if let only = options.only { return try await answer(only) }
        guard !names.isEmpty else {
            return Answer(["no environments in \(repository.location)"], json: Several(environments: []))
        }
        var lines: [String] = []
        var documents: [Several.Part] = []
        var failures: [Failure] = []
        var interruption: (message: String, next: String?)?
        for name in names {
            do {
                try Task.checkCancellation()
                let answer = try await Console.about(name.text) { try await answer(name) }
                lines += answer.lines.map { $0.named(name) }
                documents.append(Several.Part(name: name, content: answer.json))
                if var failure = answer.failure {
                    failure.message = failure.message.named(name)
                    failures.append(failure)
                }
            } catch  where Task.isCancelled {
                let rest = names.drop { $0 != name }.map(\.text).joined(separator: ", ")
                interruption = ("It was stopped, before the end of: \(rest).", ([Tool.name] + words).commandLine)
                break
            } catch {
                var failure = Failure(error, invocations: invocation(name))
                if failure.code == Failure.Code.damaged.rawValue {
                    failure.next = failure.next ?? invocation(name).line("doctor")
                }
                documents.append(Several.Part(name: name, content: failure))
                failure.message = failure.message.named(name)
                failures.append(failure)
            }
        }
        var whole = Answer(lines, json: Several(environments: documents), failures: failures)
        whole.interruption = interruption
        return whole
    }
}

/// What a command that is about several environments says in JSON.
private struct Several: Encodable, Sendable {
    let environments: [Part]

    /// The document of one environment, which names it.
    struct Part: Encodable, Sendable {
        let name: EnvironmentName
        let content: any Encodable & Sendable

        enum CodingKeys: String, CodingKey { case environment }

        func encode(to encoder: any Encoder) throws {
            try content.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .environment)
        }
    }
}

extension String {
    /// The line with the environment's name before it, unless it begins with that.
    fileprivate func named(_ name: EnvironmentName) -> String { hasPrefix("\(name): ") ? self : "\(name): \(self)" }
}
