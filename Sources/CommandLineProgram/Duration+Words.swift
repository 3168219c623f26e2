extension Duration {
    /// The duration as people say it: `0.32 s`, `12 s`, `2 min 5 s`, `2 h 10 min`, `3 d 4 h`.
    public var inWords: String {
        let (seconds, attoseconds) = components
        switch seconds {
        case ..<0: return "0 s"
        case ..<10:
            let hundredths = attoseconds / 10_000_000_000_000_000
            return "\(seconds).\(hundredths < 10 ? "0" : "")\(hundredths) s"
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }

    /// The duration as an age, without the parts that nobody asks about: `12 s`, `5 min`, `2 h 10 min`.
    public var asAge: String {
        let seconds = components.seconds
        switch seconds {
        case ..<60: return "\(max(0, seconds)) s"
        case ..<3600: return "\(seconds / 60) min"
        default: return inWords
        }
    }
}
