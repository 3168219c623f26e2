import JSONText
import Testing

@Suite("A parsed text")
struct DocumentTests {
    static let line = Array(
        #"{"checksum":"crc32c:00000000","serial":7,"at":"now","schema_version":2,"environment":{"Created":{"a":[1,2]}}}"#
            .utf8)

    @Test("Every value knows its bytes and its coding path")
    func ranges() throws {
        let document = try JSONDocument(Array(#" {"a" : [ 1.10 , {"b":"x\n"} , true ]} "#.utf8))
        let array = try #require(document.root["a"])
        #expect(String(decoding: array.bytes, as: UTF8.self) == #"[ 1.10 , {"b":"x\n"} , true ]"#)
        let elements = Array(try array.elements())
        #expect(elements.map { String(decoding: $0.bytes, as: UTF8.self) } == ["1.10", #"{"b":"x\n"}"#, "true"])
        let string = try #require(elements[1]["b"])
        #expect(String(decoding: string.bytes, as: UTF8.self) == #""x\n""#)
        #expect(string.codingPath.map(\.stringValue) == ["a", "Index 1", "b"])
        #expect(string.codingPath.map(\.intValue) == [nil, 1, nil])
        #expect(document.root.codingPath.isEmpty)
    }

    @Test("Members are found in any order, also those with escapes in their names")
    func members() throws {
        let root = try JSONDocument(Array(#"{"a":1,"\u0062":2,"c":3,"é":4}"#.utf8)).root
        var members = try root.members()
        for (name, value) in [("c", 3), ("a", 1), ("b", 2), ("é", 4), ("e\u{301}", 4), ("a", 1)] {
            #expect(try members.member(name)?.integer() == value)
        }
        #expect(members.member("d") == nil)
        #expect(try members.member("a")?.integer() == 1)
        #expect(try root.members().map(\.name) == ["a", "b", "c", "é"])
    }

    @Test("The head of a line is read without the value behind it")
    func head() throws {
        let head = try JSONDocument(Self.line, stoppingBefore: "environment")
        #expect(try head.root["serial"]?.integer() == 7)
        #expect(head.root.count == 4)
        #expect(head.root["environment"] == nil)
        let unread = try #require(head.unread)
        #expect(String(decoding: Self.line[unread], as: UTF8.self) == #"{"Created":{"a":[1,2]}}"#)
        let whole = try JSONDocument(Self.line)
        #expect(whole.root["environment"]?.range == unread)
        #expect(whole.unread == nil)
    }

    @Test("A line is read in a range of bytes, with padding around it")
    func window() throws {
        let window = Array("junk}\n".utf8) + Self.line + Array("   \n  ".utf8)
        let range = 6..<window.count
        let document = try JSONDocument(window, in: range)
        #expect(try document.root["serial"]?.integer() == 7)
        #expect(document.root.range == 6..<6 + Self.line.count)
        let head = try JSONDocument(window, in: range, stoppingBefore: "environment")
        #expect(head.unread.map { String(decoding: window[$0], as: UTF8.self) } == #"{"Created":{"a":[1,2]}}"#)
        let error = #expect(throws: JSONError.self) { try JSONDocument(window, in: 6..<20) }
        #expect(error?.offset == 20)
        #expect(error?.column == 15)
    }

    @Test(
        "A head is refused when it is not one",
        arguments: [
            ("[1]", 0, "unexpectedByte"), (#"{"a":1,"a":2,"environment":{}}"#, 7, "duplicateMember"),
            (#"{"a":1,"environment":"#, 21, "unexpectedEnd"), (#"{"a":1,"environment":{"#, 22, "unexpectedEnd"),
            (#"{"a":x,"environment":{}}"#, 5, "unexpectedByte"), (#"{"environment":}"#, 16, "unexpectedEnd"),
        ])
    func noHead(text: String, offset: Int, code: String) {
        let codes: [String: JSONError.Code] = [
            "unexpectedByte": .unexpectedByte, "duplicateMember": .duplicateMember, "unexpectedEnd": .unexpectedEnd,
        ]
        let error = #expect(throws: JSONError.self) {
            try JSONDocument(Array(text.utf8), stoppingBefore: "environment")
        }
        #expect(error?.code == codes[code])
        #expect(error?.offset == offset)
    }

    @Test("A nested member of the name does not end the head, and without one the whole text is read")
    func headWithoutEnd() throws {
        let text = Array(#"{"a":{"environment":1},"b":2}"#.utf8)
        let document = try JSONDocument(text, stoppingBefore: "environment")
        #expect(document.unread == nil)
        #expect(try document.root["b"]?.integer() == 2)
    }

    @Test("A text of ten megabytes is read and written byte for byte")
    func large() throws {
        var writer = JSONWriter()
        writer.beginArray()
        for number in 0..<100_000 {
            writer.beginObject()
            writer.name("number")
            writer.write(number)
            writer.name("text")
            writer.write(String(repeating: "line \(number)\n", count: 6))
            writer.endObject()
        }
        writer.endArray()
        let document = try JSONDocument(writer.bytes)
        #expect(document.root.count == 100_000)
        #expect(document.root.text() == writer.bytes)
    }
}
