import EnvironmentDomain

extension Duration {
    /// The duration as people say it: `12 s`, `5 min`, `2 h 10 min`, `3 d 4 h`.
    var rough: String {
        let seconds = components.seconds
        switch seconds {
        case ..<60: return "\(max(seconds, 0)) s"
        case ..<3600: return "\(seconds / 60) min"
        case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }
}

extension Timestamp {
    /// How long ago it was, roughly.
    var age: String { Timestamp.now().since(self).rough }
    /// The moment and how long ago it was.
    var withAge: String { "\(self) (\(age) ago)" }
    /// The moment in whole seconds, for tables.
    var inTable: String { text.prefix(10) + " " + text.dropFirst(11).prefix(8) }
}
