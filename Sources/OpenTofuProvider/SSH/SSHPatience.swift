import Commands

/// How long provisioning waits for hosts to answer on SSH.
public struct SSHPatience: Hashable, Sendable {
    /// How long a host may take until it answers.
    public let answer: Duration
    /// How long a host that answers may refuse the key: a cloud machine does so until cloud-init has put it there.
    public let refusal: Duration

    /// Describes the waiting.
    ///
    /// - Parameters:
    ///   - answer: How long a host may take until it answers.
    ///   - refusal: How long a host that answers may refuse the key; at most `answer`.
    public init(answer: Duration = .seconds(300), refusal: Duration = .seconds(60)) {
        self.answer = answer
        self.refusal = min(answer, refusal)
    }
}
