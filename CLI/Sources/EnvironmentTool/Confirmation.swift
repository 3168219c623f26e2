import ArgumentParser
import CommandLineProgram
import EnvironmentDomain

/// The option that answers a question before it is asked.
struct ConfirmationOptions: ParsableArguments, Sendable {
    @Flag(name: .customLong("yes"), help: "Do not ask. Needed where there is no terminal to ask on.")
    var isGiven = false
}

extension Session {
    /// Whether a change of what is stored is refused whatever a person answers, so that nobody is asked.
    func isRefused(_ standing: EnvironmentStanding, of name: EnvironmentName) async throws -> Bool {
        if standing.error?.code == .recordPending { return true }
        if standing.stored?.document.context.freeze?.holds() == true { return true }
        return try await repository.holder(of: name) != nil
    }

    /// Makes sure that a person agrees with a change that typing another command does not take back: asks on a terminal,
    /// and demands `--yes` elsewhere.
    ///
    /// - Parameters:
    ///   - confirmation: the option, which answers the question.
    ///   - action: what would be done, for example `destroy web`.
    ///   - word: what must be typed.
    ///   - other: the command line that leads on where nobody can be asked; `nil` for this one with `--yes`.
    ///   - lines: shows what would change; is called only when somebody is asked.
    /// - Throws: `Failure` with exit code 64 where nobody can be asked, and 78 when the answer is another word.
    func confirm(
        _ confirmation: ConfirmationOptions, _ action: String, typing word: String = "yes", orElse other: String? = nil,
        showing lines: () async throws -> [String]
    ) async throws {
        guard !confirmation.isGiven else { return }
        guard Question.canBeAsked else {
            throw Failure(
                .usage, "not_confirmed",
                "There is no terminal to ask on whether to \(action); --yes says so. Nothing was done.",
                next: other ?? Invocation.confirmed(words))
        }
        let answer = try await Question.answer(to: "Type \(word) to \(action):", after: try await lines())
        guard answer == word else {
            throw Failure(
                .wrongState, "not_confirmed",
                "The answer was not \(word), which is what to type to \(action). Nothing was done.",
                next: ([Tool.name] + words).commandLine)
        }
    }
}
