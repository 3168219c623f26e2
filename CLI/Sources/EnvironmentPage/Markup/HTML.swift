import EnvironmentDomain

/// A piece of markup: literals are markup as they are, and every text that is interpolated is escaped.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    private(set) var text: String

    init(stringLiteral markup: String) { text = markup }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        mutating func appendLiteral(_ markup: String) { text += markup }
        mutating func appendInterpolation(_ markup: HTML) { text += markup.text }
        mutating func appendInterpolation(_ markup: HTML?) { text += markup?.text ?? "" }
        mutating func appendInterpolation(_ markup: [HTML]) { for piece in markup { text += piece.text } }
        mutating func appendInterpolation(_ number: Int) { text += String(number) }
        /// A text of one line.
        mutating func appendInterpolation(_ value: String) { text += value.escaped }
        /// The moment in UTC; the script of the page writes it again in the reader's zone.
        mutating func appendInterpolation(_ moment: Timestamp) {
            text += "<time datetime=\"\(moment.text)\">\(moment.inPage)</time>"
        }
    }

    /// A text from a step, a file or a person, isolated so that its writing direction does not affect the text beside it.
    static func isolated(_ text: String) -> HTML { "<bdi>\(text.onOneLine(limit: 300))</bdi>" }

    /// Lines that a program printed.
    static func lines(_ lines: [String]) -> HTML {
        HTML(stringLiteral: lines.map { $0.asPrintedLine(limit: 500).escaped }.joined(separator: "\n"))
    }
}

extension Timestamp {
    /// The moment in whole seconds.
    fileprivate var inPage: String { "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))" }
}
