/// A parser that creates the entries of a text in one pass, without recursion.
struct JSONParser {
    private(set) var entries: [JSONEntry] = []
    /// The offset of the value of the member before which the parser stopped; `nil` when it did not stop.
    private(set) var stop: Int?
    private var scanner: JSONScanner
    /// The index of the innermost open container; -1 outside of all containers.
    private var open = -1
    private var depth = 0

    init(_ range: Range<Int>) {
        scanner = JSONScanner(range)
        entries.reserveCapacity(8 + range.count / 12)
    }

    /// Parses one value and the white space around it.
    ///
    /// With `stopName`, the outermost value must be an object, and parsing ends before the value of the member with
    /// that name.
    mutating func parse(_ text: Span<UInt8>, stoppingBefore stopName: String? = nil) throws(JSONError) {
        repeat {
            let first = try scanner.nextByte(text)
            if stopName != nil, entries.isEmpty, first != UInt8(ascii: "{") { throw scanner.unexpected(text) }
            switch first {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                try begin(first == UInt8(ascii: "{") ? .object : .array, text)
                if try scanner.nextByte(text) == first + 2 {
                    try close(text)
                } else {
                    if try entersMember(text, stopName) { return }
                    continue
                }
            case UInt8(ascii: "\""):
                scanner.advance()
                try addString(text)
            case UInt8(ascii: "t"): try addWord("true", .yes, text)
            case UInt8(ascii: "f"): try addWord("false", .no, text)
            case UInt8(ascii: "n"): try addWord("null", .null, text)
            default:
                add(.number)
                let isPlain = try scanner.skipNumber(text)
                end(entries.count &- 1)
                entries[entries.count &- 1].isPlain = isPlain
            }
            while open >= 0 {
                entries[open].count &+= 1
                let byte = try scanner.nextByte(text)
                if byte == UInt8(ascii: ",") {
                    scanner.advance()
                    if try entersMember(text, stopName) { return }
                    break
                }
                guard byte == (entries[open].kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw scanner.unexpected(text)
                }
                try close(text)
            }
        } while open >= 0
        scanner.skipSpace(text)
        guard scanner.position == scanner.end else { throw scanner.behindEnd(text) }
    }

    private mutating func add(_ kind: JSONEntry.Kind) {
        entries.append(JSONEntry(kind, start: scanner.position, next: entries.count &+ 1))
    }

    private mutating func end(_ index: Int) {
        entries[index].length = UInt32(truncatingIfNeeded: scanner.position &- Int(entries[index].start))
    }

    private mutating func addWord(
        _ word: StaticString, _ kind: JSONEntry.Kind, _ text: Span<UInt8>
    ) throws(JSONError) {
        add(kind)
        try scanner.skipWord(word, text)
        end(entries.count &- 1)
    }

    private mutating func addString(_ text: Span<UInt8>) throws(JSONError) {
        var entry = JSONEntry(.string, start: scanner.position, next: entries.count &+ 1)
        entry.isPlain = try scanner.skipString(text)
        entry.length = UInt32(truncatingIfNeeded: scanner.position &- Int(entry.start) &- 1)
        entries.append(entry)
    }

    private mutating func begin(_ kind: JSONEntry.Kind, _ text: Span<UInt8>) throws(JSONError) {
        guard depth < JSONDocument.depthLimit else { throw scanner.error(.tooDeep, at: scanner.position, text) }
        entries.append(JSONEntry(kind, start: scanner.position, next: open))
        open = entries.count &- 1
        depth &+= 1
        scanner.advance()
    }

    private mutating func close(_ text: Span<UInt8>) throws(JSONError) {
        scanner.advance()
        if entries[open].kind == .object { try checkNames(text) }
        end(open)
        let outer = Int(Int32(bitPattern: entries[open].next))
        entries[open].next = UInt32(truncatingIfNeeded: entries.count)
        open = outer
        depth &-= 1
    }

    /// Reads the name of a member when the open container is an object.
    ///
    /// - Returns: Whether the member is the one to stop before.
    private mutating func entersMember(_ text: Span<UInt8>, _ stopName: String?) throws(JSONError) -> Bool {
        guard entries[open].kind == .object else { return false }
        guard try scanner.nextByte(text) == UInt8(ascii: "\"") else { throw scanner.unexpected(text) }
        scanner.advance()
        try addString(text)
        try scanner.skipColon(text)
        guard let stopName, open == 0, entries[entries.count &- 1].holds(stopName, text) else { return false }
        _ = try scanner.nextByte(text)
        stop = scanner.position
        entries.removeLast()
        try checkNames(text)
        end(0)
        entries[0].next = UInt32(truncatingIfNeeded: entries.count)
        return true
    }

    /// Throws for an object in which two members have the same name.
    ///
    /// Canonically equivalent names are the same name, because they are equal as `String` and therefore as keys of a
    /// dictionary.
    private func checkNames(_ text: Span<UInt8>) throws(JSONError) {
        let count = Int(entries[open].count)
        guard count > 1 else { return }
        var names: Set<String> = []
        let isLarge = count > 24
        let first = open &+ 1
        var name = first
        for _ in 0..<count {
            if isLarge {
                guard names.insert(entries[name].string(text)).inserted else { throw duplicate(name, text) }
            } else {
                var earlier = first
                while earlier < name {
                    if entries[earlier].isSameName(as: entries[name], text) { throw duplicate(name, text) }
                    earlier = Int(entries[earlier &+ 1].next)
                }
            }
            name = Int(entries[name &+ 1].next)
        }
    }

    private func duplicate(_ name: Int, _ text: Span<UInt8>) -> JSONError {
        JSONError(
            .duplicateMember, at: Int(entries[name].start) - 1, in: text, from: scanner.start,
            reason: "the key \(JSONError.quoted(entries[name].string(text))) appears twice", object: openPlace(text))
    }

    /// Returns the path of the innermost open container, such as `provision[0].retry`.
    private func openPlace(_ text: Span<UInt8>) -> String {
        var steps: [String] = []
        var container = open
        while container > 0 {
            let outer = Int(Int32(bitPattern: entries[container].next))
            if entries[outer].kind == .array {
                steps.append("[\(entries[outer].count)]")
            } else {
                steps.append((outer == 0 ? "" : ".") + entries[container - 1].string(text))
            }
            container = outer
        }
        return steps.reversed().joined()
    }
}

extension JSONEntry {
    /// Returns the string with its escapes replaced.
    func string(_ text: Span<UInt8>) -> String {
        let bytes = text.extracting(range)
        return unsafe bytes.withUnsafeBufferPointer {
            unsafe isPlain ? String(decoding: $0, as: UTF8.self) : JSONEscape.decode(Array($0)[...])
        }
    }

    /// Returns whether the string is equal to `name`.
    @inline(__always)
    func holds(_ name: String, _ text: Span<UInt8>) -> Bool {
        guard isPlain else { return string(text) == name }
        var name = name
        return name.withUTF8 { unsafe isSame($0.span, text) }
    }

    @inline(__always)
    private func isSame(_ name: Span<UInt8>, _ text: Span<UInt8>) -> Bool {
        guard Int(length) == name.count else { return false }
        let start = Int(start)
        var index = 0
        while index &+ 8 <= name.count {
            let left = unsafe name.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let right = unsafe text.bytes.unsafeLoadUnaligned(fromByteOffset: start &+ index, as: UInt64.self)
            if left != right { return false }
            index &+= 8
        }
        while index < name.count {
            if name[index] != text[start &+ index] { return false }
            index &+= 1
        }
        return true
    }

    @inline(__always)
    fileprivate func isSameName(as other: JSONEntry, _ text: Span<UInt8>) -> Bool {
        guard isPlain, other.isPlain else { return string(text) == other.string(text) }
        guard length == other.length else { return false }
        let offset = Int(other.start) &- Int(start)
        for index in range where text[index] != text[index &+ offset] { return false }
        return true
    }
}
