import Testing

extension Sandbox {
    /// Runs a command line as a person types it, with `envctl` on the path.
    func type(_ command: String) async throws -> Outcome {
        try await run(shell: "ln -sf \"$PROGRAM\" home/envctl; PATH=\"$PWD/home:$PATH\"; \(command)")
    }
}

extension Outcome {
    /// The command behind the last `Next:` or `next`.
    func next(sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let next = (errors + output).matches(of: #/(?:Next: |next {7})(envctl .+)/#).last
        return String(try #require(next, "\(self)", sourceLocation: sourceLocation).1)
    }
}
