import InMemoryTracing
import Tracing

/// Finished spans as lines of text, children below their parents.
struct SpanTree {
    private let spans: [FinishedInMemorySpan]

    init(_ spans: [FinishedInMemorySpan]) {
        self.spans = spans.sorted { $0.startInstant.nanosecondsSinceEpoch < $1.startInstant.nanosecondsSinceEpoch }
    }

    var lines: [String] { lines(below: nil, indentation: "span ") }

    private func lines(below parent: String?, indentation: String) -> [String] {
        spans.filter { $0.parentSpanID == parent }.flatMap { span in
            [indentation + text(of: span)]
                + span.events.map { "\(indentation)  ! \($0.name): \(attributes($0.attributes))" }
                + lines(below: span.spanID, indentation: indentation + "  ")
        }
    }

    private func text(of span: FinishedInMemorySpan) -> String {
        let nanoseconds = span.endInstant.nanosecondsSinceEpoch - span.startInstant.nanosecondsSinceEpoch
        let errors = span.errors.map { " ERROR \($0.error)" }.joined()
        let attributes = attributes(span.attributes)
        return
            "\(span.operationName) \(nanoseconds / 1_000_000) ms\(attributes.isEmpty ? "" : " ")\(attributes)\(errors)"
    }

    private func attributes(_ attributes: SpanAttributes) -> String {
        var texts: [String] = []
        attributes.forEach { name, value in texts.append("\(name)=\(text(of: value))") }
        return texts.sorted().joined(separator: " ")
    }

    private func text(of value: SpanAttribute) -> String {
        switch value {
        case .string(let text): text
        case .int32(let number): "\(number)"
        case .int64(let number): "\(number)"
        default: "\(value)"
        }
    }
}
