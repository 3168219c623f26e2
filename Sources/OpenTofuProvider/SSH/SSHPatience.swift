import Commands

/// The longest times that provisioning waits for hosts to accept an SSH login.
public struct SSHPatience: Hashable, Sendable {
    /// The longest time until a host must accept the login.
    public let answer: Duration
    /// The longest time for which a host may refuse the key, as a cloud machine does until cloud-init has installed the
    /// key.
    public let refusal: Duration

    /// Creates the times.
    ///
    /// - Parameters:
    ///   - answer: The longest time until a host must accept the login.
    ///   - refusal: The longest time for which a host may refuse the key; a value above `answer` is reduced to
    ///     `answer`.
    public init(answer: Duration = .seconds(300), refusal: Duration = .seconds(60)) {
        self.answer = answer
        self.refusal = min(answer, refusal)
    }
}
