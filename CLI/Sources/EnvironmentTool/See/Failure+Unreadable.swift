import CommandLineProgram

extension Failure {
    /// The failure of a command that shows environments of which some cannot be read; `nil` when all can be read.
    ///
    /// - Parameters:
    ///   - damages: Why environments cannot be read.
    ///   - count: The number of environments that are shown.
    init?(unreadable damages: [Overview.Damage], of count: Int, _ global: GlobalOptions) {
        guard !damages.isEmpty else { return nil }
        self.init(
            damages.allSatisfy(\.isOutOfReach) ? .notSaved : .damaged, "damaged",
            "\(damages.count) of \(count) environments cannot be read.",
            next: ([Tool.name, "doctor", "--all"] + global.words).commandLine)
    }
}
