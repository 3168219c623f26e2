import Commands
import OperatingSystem

/// The dump of the whole state that OpenTofu or Terraform prints when it cannot write the state to a file.
enum StateDump {
    /// Returns the newest complete dump in a file of events; `nil` when there is none.
    ///
    /// The text is not decoded and encoded again, since that could change a number.
    static func find(in path: String) -> [UInt8]? {
        var dump: [UInt8]?
        var reader = LineReader(path: path, limit: 256 << 20)
        do {
            while try reader.read(
                isEnded: true,
                { line, leftOut in
                    // The mark is near the beginning of the line, and lines can be long.
                    guard leftOut == 0, isDump(line.prefix(200)),
                        let state = member("state", of: Array(line))
                    else { return }
                    if ToolState(state).version != nil { dump = state }
                })
            {}
        } catch {
            return nil
        }
        return dump
    }

    private static let mark = Array("\"\(ToolEvent.stateDump)\"".utf8)

    /// Returns whether a line with this beginning contains a dump.
    static func isDump(_ beginning: ArraySlice<UInt8>) -> Bool { Array(beginning).firstRange(of: mark) != nil }

    /// Returns the text of a member's value in the text of an object; `nil` when there is no such member.
    static func member(_ name: String, of text: [UInt8]) -> [UInt8]? {
        let name = Array(name.utf8)
        var depth = 0
        var position = 0
        var start: Int?
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                let begin = position + 1
                position = begin
                while position < text.count, text[position] != UInt8(ascii: "\"") {
                    position += text[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                let isName =
                    depth == 1 && start == nil && position + 1 < text.count
                    && text[position + 1] == UInt8(ascii: ":") && text[begin..<position].elementsEqual(name)
                if isName { start = position + 2 }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if let start, depth == 1 { return Array(text[start...position]) }
            case UInt8(ascii: ","):
                if let start, depth == 1 { return Array(text[start..<position]) }
            default: break
            }
            position += 1
        }
        return nil
    }
}
