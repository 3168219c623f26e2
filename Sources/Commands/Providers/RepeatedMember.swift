import EnvironmentDomain

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A member that stands more than once in one object of a JSON text: a decoder silently takes one and drops the others.
struct RepeatedMember {
    /// The objects and arrays around the member, outermost first.
    private(set) var place: [any CodingKey] = []
    let name: String

    /// Looks through a text that is known to be JSON.
    init?(in text: [UInt8]) {
        var levels: [Level] = []
        var position = 0
        while position < text.count {
            let start = position
            position += 1
            switch text[start] {
            case UInt8(ascii: "{"): levels.append(Level(names: [], expectsName: true))
            case UInt8(ascii: "["): levels.append(Level(names: nil, expectsName: false))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
            case UInt8(ascii: ","):
                guard var level = levels.popLast() else { continue }
                level.index += 1
                level.expectsName = level.names != nil
                levels.append(level)
            case UInt8(ascii: "\""):
                while position < text.count, text[position] != UInt8(ascii: "\"") {
                    position += text[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                position += 1
                guard var level = levels.popLast() else { continue }
                if level.expectsName {
                    let bytes = Data(text[start..<min(position, text.count)])
                    level.name = (try? JSONDecoder().decode(String.self, from: bytes)) ?? ""
                    level.expectsName = false
                    guard level.names?.insert(level.name).inserted == true else {
                        place = levels.map(\.key)
                        name = level.name
                        return
                    }
                }
                levels.append(level)
            default: continue
            }
        }
        return nil
    }

    /// An object or an array that is open, and how far it has been read.
    private struct Level {
        /// The names so far; nil in an array.
        var names: Set<String>?
        var expectsName: Bool
        var name = ""
        var index = 0

        var key: any CodingKey { names == nil ? Key(index) : Key(name) }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(_ name: String) {
            stringValue = name
            intValue = nil
        }

        init(_ index: Int) {
            stringValue = "\(index)"
            intValue = index
        }

        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { self.init(intValue) }
    }
}
