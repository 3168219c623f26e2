/// Checks that a document's tags are closed in the order in which they were opened, and its attributes quoted.
struct Markup {
    private(set) var errors: [String] = []
    private(set) var elements = 0
    private var open: [String] = []

    private static let void: Set = ["meta"]
    private static let raw: Set = ["style", "script"]

    init(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix("<!DOCTYPE html>\n") { rest = rest.dropFirst(16) } else { errors.append("no doctype") }
        while let start = rest.firstIndex(of: "<") {
            check(text: rest[..<start])
            rest = rest[start...]
            if rest.hasPrefix("<!--"), let end = rest.firstRange(of: "-->") {
                rest = rest[end.upperBound...]
                continue
            }
            guard let tag = rest.prefixMatch(of: /<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>/) else {
                errors.append("no tag: \(rest.prefix(60))")
                return
            }
            rest = rest[tag.range.upperBound...]
            let name = String(tag.2)
            if tag.1 == "/" {
                if open.popLast() != name { errors.append("</\(name)> closes another element") }
                continue
            }
            elements += 1
            check(text: tag.3)
            if tag.4 == "/" { continue }
            open.append(name)
            if Self.raw.contains(name), let end = rest.firstRange(of: "</\(name)>") { rest = rest[end.lowerBound...] }
        }
        if !open.isEmpty { errors.append("not closed: \(open)") }
    }

    private mutating func check(text: Substring) {
        if text.contains(">") { errors.append("a bare > in \(text.prefix(60))") }
        for match in text.matches(of: /&[^&]{0,8}/) where !match.0.contains(/^&(amp|lt|gt|quot|#39);/) {
            errors.append("a bare & in \(match.0)")
        }
    }
}
