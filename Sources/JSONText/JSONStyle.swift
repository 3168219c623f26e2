/// The layout of a JSON text.
public struct JSONStyle: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Each member and element on its own line, indented by two spaces a level, as `"name" : value`; without a newline
    /// at the end.
    public static let pretty = JSONStyle(rawValue: 1)
    /// Members sorted by the UTF-8 of their names.
    public static let sortedNames = JSONStyle(rawValue: 2)
}

extension JSONNode {
    /// Returns the text of the value in a style; strings and numbers stay as they are written.
    public func text(_ style: JSONStyle = []) -> [UInt8] {
        var printer = JSONPrinter(document: document, style: style)
        printer.print(index, level: 0)
        return printer.bytes
    }
}

private struct JSONPrinter {
    let document: JSONDocument
    let style: JSONStyle
    var bytes: [UInt8] = []

    mutating func print(_ index: Int, level: Int) {
        let entry = document.entries[index]
        guard entry.kind == .object || entry.kind == .array else {
            bytes.append(contentsOf: document.text[entry.wholeRange])
            return
        }
        bytes.append(entry.kind == .object ? UInt8(ascii: "{") : UInt8(ascii: "["))
        let children = children(of: index, entry)
        // Foundation writes an empty line into an empty container, and stored documents have that form.
        if children.isEmpty && style.contains(.pretty) { bytes.append(UInt8(ascii: "\n")) }
        for (number, child) in children.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            newLine(level + 1)
            var value = child
            if entry.kind == .object {
                bytes.append(contentsOf: document.text[document.entries[child].wholeRange])
                bytes.append(contentsOf: style.contains(.pretty) ? " : ".utf8 : ":".utf8)
                value += 1
            }
            print(value, level: level + 1)
        }
        newLine(level)
        bytes.append(entry.kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }

    private mutating func newLine(_ level: Int) {
        guard style.contains(.pretty) else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
    }

    /// Returns the indexes of the elements or of the members' names.
    private func children(of index: Int, _ entry: JSONEntry) -> [Int] {
        var children: [Int] = []
        children.reserveCapacity(Int(entry.count))
        var child = index + 1
        while child < Int(entry.next) {
            children.append(child)
            child = Int(document.entries[entry.kind == .object ? child + 1 : child].next)
        }
        guard entry.kind == .object, style.contains(.sortedNames) else { return children }
        return children.map { (name: document.string($0), index: $0) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map(\.index)
    }
}
