import ArgumentParser

/// When the result is coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
    case auto, always, never
}

/// How a word looks on a terminal that shows colours.
enum Style: String, Sendable {
    case green = "32"
    case red = "31"
    case yellow = "33"
    case dim = "2"

    func callAsFunction(_ text: some StringProtocol) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
