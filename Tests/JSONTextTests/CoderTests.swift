import Foundation
import JSONText
import Testing

@Suite("The encoder and the decoder")
struct CoderTests {
    struct Everything: Codable, Hashable {
        var bool = true
        var text = "a\"b\n/é"
        var int = Int.min
        var int8 = Int8.min
        var int16 = Int16.max
        var int32 = Int32.min
        var int64 = Int64.max
        var uint = UInt.max
        var uint8 = UInt8.max
        var uint16 = UInt16.max
        var uint32 = UInt32.max
        var uint64 = UInt64.max
        var double = 0.1
        var whole = 5.0
        var float: Float = 1.5
        var absent: String?
        var present: Int? = 3
        var list = [1, 2, 3]
        var optionals: [Int?] = [1, nil]
        var nested = [["a": ["b": 1.5]], [:]]
        var choice = Choice.two(name: "x", 4)
        var byNumber = [1: "a"]
        var flags = Flags.b
    }
    enum Choice: Codable, Hashable { case one, two(name: String, Int) }
    enum Flags: String, Codable { case a, b }

    @Test("Values of all kinds are equal after coding, with the same text as Foundation's")
    func everything() throws {
        let value = Everything()
        let text = try JSONTextEncoder(style: [.pretty, .sortedNames]).encode(value)
        #expect(try JSONTextDecoder().decode(Everything.self, from: text) == value)
        let foundation = JSONEncoder()
        foundation.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        #expect(try String(decoding: text, as: UTF8.self) == String(decoding: foundation.encode(value), as: UTF8.self))
        #expect(try JSONDecoder().decode(Everything.self, from: Data(text)) == value)
    }

    @Test("Single values are texts of their own", arguments: ["1", "\"a\"", "null", "true", "[1,null]", "1.5"])
    func singles(text: String) throws {
        let bytes = Array(text.utf8)
        switch text {
        case "1": #expect(try JSONTextEncoder().encode(JSONTextDecoder().decode(Int.self, from: bytes)) == bytes)
        case "\"a\"": #expect(try JSONTextEncoder().encode(JSONTextDecoder().decode(String.self, from: bytes)) == bytes)
        case "null": #expect(try JSONTextEncoder().encode(JSONTextDecoder().decode(Int?.self, from: bytes)) == bytes)
        case "true": #expect(try JSONTextEncoder().encode(JSONTextDecoder().decode(Bool.self, from: bytes)) == bytes)
        case "1.5": #expect(try JSONTextEncoder().encode(JSONTextDecoder().decode(Double.self, from: bytes)) == bytes)
        default: #expect(try JSONTextEncoder().encode(JSONTextDecoder().decode([Int?].self, from: bytes)) == bytes)
        }
    }

    /// A type that fills its containers alternately and requests the same one twice.
    struct Interleaved: Codable, Hashable {
        enum Keys: String, CodingKey { case left, right, base, list, tail }
        init() {}
        init(from decoder: any Decoder) throws {
            let outer = try decoder.container(keyedBy: Keys.self)
            let left = try outer.nestedContainer(keyedBy: Keys.self, forKey: .left)
            guard try left.decode(Int.self, forKey: .base) == 1, try left.decode(Int.self, forKey: .tail) == 3 else {
                throw DecodingError.dataCorruptedError(forKey: .left, in: outer, debugDescription: "left")
            }
            var right = try outer.nestedUnkeyedContainer(forKey: .right)
            guard try right.decode(Int.self) == 2,
                try right.superDecoder().singleValueContainer().decode(Int.self) == 4,
                try !right.decodeNil(), try right.nestedUnkeyedContainer().isAtEnd, right.isAtEnd, right.count == 3
            else { throw DecodingError.dataCorruptedError(in: right, debugDescription: "right") }
            guard try [Int](from: outer.superDecoder()) == [5], try outer.decodeNil(forKey: .tail) else {
                throw DecodingError.dataCorruptedError(forKey: .tail, in: outer, debugDescription: "super")
            }
        }
        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Keys.self)
            var left = outer.nestedContainer(keyedBy: Keys.self, forKey: .left)
            var right = outer.nestedUnkeyedContainer(forKey: .right)
            try left.encode(1, forKey: .base)
            try right.encode(2)
            try left.encode(3, forKey: .tail)
            try 4.encode(to: right.superEncoder())
            _ = right.nestedUnkeyedContainer()
            try [5].encode(to: outer.superEncoder())
            var again = encoder.container(keyedBy: Keys.self)
            try again.encodeNil(forKey: .tail)
            try again.encode(0, forKey: .list)
            try again.encode([6], forKey: .list)
        }
    }

    @Test("Containers can be filled alternately, as in Foundation")
    func interleaved() throws {
        let text = try JSONTextEncoder(style: .sortedNames).encode(Interleaved())
        let foundation = JSONEncoder()
        foundation.outputFormatting = .sortedKeys
        #expect(
            try String(decoding: text, as: UTF8.self)
                == String(decoding: foundation.encode(Interleaved()), as: UTF8.self))
        _ = try JSONTextDecoder().decode(Interleaved.self, from: text)
    }

    struct Outer: Codable {
        struct Inner: Codable { var number: Int }
        var list: [Inner]
    }

    @Test(
        "An error names the coding path and the place in the text",
        arguments: [
            (
                #"{"list":[{"number":1},{"number":"x"}]}"#, "typeMismatch", ["list", "Index 1", "number"],
                "expected a number, found string", 32
            ),
            (
                #"{"list":[{"number":null}]}"#, "valueNotFound", ["list", "Index 0", "number"],
                "expected a number, found null", 19
            ),
            (#"{"list":[{"nomber":1}]}"#, "keyNotFound", ["list", "Index 0"], "\"number\" is missing", 9),
            (#"{"list":{}}"#, "typeMismatch", ["list"], "expected an array, found object", 8),
            (#"{"list":[1]}"#, "typeMismatch", ["list", "Index 0"], "expected an object, found number", 9),
            (
                #"{"list":[{"number":1.5}]}"#, "dataCorrupted", ["list", "Index 0", "number"],
                "a whole number from \(Int.min) to \(Int.max) is expected, and not 1.5", 19
            ),
        ])
    func errors(text: String, kind: String, path: [String], description: String, offset: Int) throws {
        let error = #expect(throws: DecodingError.self) {
            try JSONTextDecoder().decode(Outer.self, from: Array(text.utf8))
        }
        let found: (kind: String, context: DecodingError.Context)
        switch try #require(error) {
        case .typeMismatch(_, let context): found = ("typeMismatch", context)
        case .valueNotFound(_, let context): found = ("valueNotFound", context)
        case .keyNotFound(_, let context): found = ("keyNotFound", context)
        case .dataCorrupted(let context): found = ("dataCorrupted", context)
        @unknown default: return
        }
        #expect(found.kind == kind)
        #expect(found.context.codingPath.map(\.stringValue) == path)
        #expect(found.context.debugDescription == description)
        let place = try #require(found.context.underlyingError as? JSONNodeError)
        #expect(place.offset == offset)
        #expect(place.column == offset + 1)
        #expect(place.line == 1)
    }

    @Test("A text that is not JSON throws a JSONError with its position, before anything is decoded")
    func syntax() {
        let error = #expect(throws: JSONError.self) {
            try JSONTextDecoder().decode(Outer.self, from: Array("{\"list\": [}".utf8))
        }
        #expect(error?.offset == 10)
    }

    @Test(
        "A number that JSON does not have is refused with its coding path",
        arguments: [Double.infinity, -.infinity, .nan])
    func notFinite(number: Double) {
        let error = #expect(throws: EncodingError.self) { try JSONTextEncoder().encode(["a": [number]]) }
        guard case .invalidValue(_, let context) = error else { return }
        #expect(context.codingPath.map(\.stringValue) == ["a", "Index 0"])
    }

    @Test("Reading past the end of an array throws")
    func endOfArray() throws {
        struct Three: Decodable {
            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                for _ in 0..<3 { _ = try container.decode(Int.self) }
            }
        }
        let error = #expect(throws: DecodingError.self) {
            try JSONTextDecoder().decode(Three.self, from: Array("[1,2]".utf8))
        }
        guard case .valueNotFound(_, let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription == "the array ends after 2 elements")
    }

    @Test("A value keeps its numbers through the coders, and can be used with Foundation's")
    func values() throws {
        let value = try JSONValue(parsing: Array(#"{"a":[9007199254740993,1.10,1e400,null,true,"x",{}]}"#.utf8))
        #expect(
            try JSONTextDecoder().decode([String: JSONValue].self, from: JSONTextEncoder().encode(["v": value]))["v"]?
                .text() == value.text())
        #expect(try JSONValue(encoding: value) == value)
        #expect(try value.decoded(as: JSONValue.self) == value)
        let plain = try JSONValue(parsing: Array(#"{"a":[18446744073709551615,-5,1.5,null,true,"x",{}]}"#.utf8))
        #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(plain)) == plain)
        #expect(throws: EncodingError.self) { try JSONEncoder().encode(value) }
    }

    @Test("The user info reaches every encoder and decoder")
    func userInfo() throws {
        struct Reader: Codable {
            var seen: String?
            init() {}
            init(from decoder: any Decoder) throws { seen = decoder.userInfo[.sample] as? String }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(encoder.userInfo[.sample] as? String)
            }
        }
        var encoder = JSONTextEncoder()
        encoder.userInfo[.sample] = "in"
        #expect(try encoder.encode([[Reader()]]) == Array(#"[["in"]]"#.utf8))
        var decoder = JSONTextDecoder()
        decoder.userInfo[.sample] = "out"
        #expect(try decoder.decode([[Reader]].self, from: Array("[[1]]".utf8))[0][0].seen == "out")
    }
}

extension CodingUserInfoKey {
    fileprivate static var sample: CodingUserInfoKey {
        CodingUserInfoKey(rawValue: "sample") ?? { preconditionFailure() }()
    }
}
