import JSONText
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("A JSON value")
struct JSONValueTests {
    private func line(_ text: String) throws -> String { try JSONValue(parsing: Array(text.utf8)).line }

    @Test(
        "keeps every number unchanged",
        arguments: [
            "0", "-0", "1.10", "9007199254740993", "12345678901234567890123", "1e400", "-1.5E-400", "0.1000",
        ])
    func numbers(text: String) throws {
        #expect(try line(text) == text)
        #expect(try line("[\(text), {\"a\":\(text)}]") == "[\(text),{\"a\":\(text)}]")
    }

    @Test("keeps texts, with names in order")
    func texts() throws {
        #expect(
            try line(#" {"b":"\u00e9\n\"\\\/","a":[true,false,null,{},[],""]} "#)
                == #"{"a":[true,false,null,{},[],""],"b":"é\n\"\\/"}"#)
        #expect(try JSONValue(parsing: Array(#""\ud83d\ude00 \u003c""#.utf8)) == .string("😀 <"))
    }

    @Test(
        "is refused when it is not whole",
        arguments: ["", "{", "[1,]", "{\"a\"}", "01", "1.", "1e", "-", "tru", "\"", "\"\\", "1 2", "{,}", "nan"])
    func malformed(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test("is refused when it is nested too deeply, before the stack overflows")
    func deep() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test(
        "means the same as another way to write the number",
        arguments: [
            ("1", "1.0", true), ("100", "1e2", true), ("-0", "0", true), ("0.10", "1E-1", true),
            ("9007199254740993", "9007199254740992", false), ("1e400", "1e401", false), ("-1", "1", false),
        ])
    func meaning(left: String, right: String, isSame: Bool) throws {
        #expect(try JSONValue(parsing: Array(left.utf8)).means(JSONValue(parsing: Array(right.utf8))) == isSame)
    }
}
