import JSONText
import Testing

@Suite("Text styles")
struct StyleTests {
    @Test("A value is equal after writing and reading, in every style", arguments: 0..<40)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let value = random.value()
            let compact = try value.text()
            for style in [[], .pretty, .sortedNames, [.pretty, .sortedNames]] as [JSONStyle] {
                let text = try value.text(style)
                #expect(try JSONValue(parsing: text) == value)
                #expect(try JSONDocument(text).root.text(style) == text)
            }
            #expect(try JSONDocument(value.text(.pretty)).root.text() == compact)
            #expect(try JSONValue(parsing: compact).text() == compact)
        }
    }

    @Test("Pretty-printed text has a line for each member and two spaces a level")
    func pretty() throws {
        let document = try JSONDocument(Array(#"{"b":{"z":1.10,"a":[]},"a":[1,{}],"é":"\u0041/"}"#.utf8))
        let pretty = """
            {
              "a" : [
                1,
                {

                }
              ],
              "b" : {
                "a" : [

                ],
                "z" : 1.10
              },
              "é" : "\\u0041/"
            }
            """
        #expect(String(decoding: document.root.text([.pretty, .sortedNames]), as: UTF8.self) == pretty)
    }

    @Test("Members keep the order in which they are written")
    func order() throws {
        let text = Array(#"{"b":1,"a":{"d":2,"c":3}}"#.utf8)
        #expect(try JSONValue(parsing: text).text() == text)
        #expect(try JSONDocument(text).root.text(.sortedNames) == Array(#"{"a":{"c":3,"d":2},"b":1}"#.utf8))
    }

    @Test(
        "A string has only required escapes, in their shortest form",
        arguments: [
            ("\"\\/", #""\"\\/""#), ("\u{8}\u{c}\n\r\t", #""\b\f\n\r\t""#),
            ("\0\u{1f}\u{10}", #""\u0000\u001f\u0010""#),
            ("\u{7f}é\u{2028}😀", "\"\u{7f}é\u{2028}😀\""), ("", "\"\""),
        ])
    func escapes(string: String, text: String) throws {
        #expect(try JSONValue.string(string).text() == Array(text.utf8))
    }

    @Test("The writer places commas and names correctly")
    func writer() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("a")
        writer.beginArray()
        writer.write(1)
        writer.beginObject()
        writer.endObject()
        writer.write("x")
        writer.null()
        writer.beginArray()
        writer.endArray()
        writer.write(try JSONDocument(Array(" [1.0, 2]".utf8)).root)
        writer.endArray()
        writer.name("b")
        writer.write(true)
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":[1,{},"x",null,[],[1.0, 2]],"b":true}"#)
    }

    @Test("Objects are equal when their members are, in any order")
    func equality() {
        let one: JSONObject = ["a": .null, "b": .bool(true)]
        var other: JSONObject = ["b": .bool(true)]
        #expect(one != other)
        other["a"] = .null
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(other.names == ["b", "a"])
        other["b"] = nil
        other["c"] = nil
        #expect(other == ["a": .null])
        #expect(other.names == ["a"])
        #expect(JSONValue.object(other)["a"] == nil)
        #expect(other.first?.name == "a")
    }

    @Test("A value deeper than the limit is not written")
    func tooDeep() {
        var value = JSONValue.null
        for _ in 0...JSONDocument.depthLimit { value = .array([value]) }
        #expect(throws: JSONError.self) { try value.text(.pretty) }
    }
}
