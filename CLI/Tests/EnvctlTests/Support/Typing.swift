import Testing

extension Sandbox {
    /// Runs a command line as a person types it, with the program on the path.
    func type(_ command: String) async throws -> Outcome {
        try await run(shell: "ln -sf \"$PROGRAM\" home/; PATH=\"$PWD/home:$PATH\"; \(command)")
    }
}

extension Outcome {
    /// The command behind the last `Next:` or `next`.
    func next(_ tool: String = "envctl", sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let next = (errors + output).matches(of: #/(?:Next:|next:?) +(.+)/#).map { String($0.1) }
            .last { $0.hasPrefix("\(tool) ") }
        return try #require(next, "\(self)", sourceLocation: sourceLocation)
    }
}
