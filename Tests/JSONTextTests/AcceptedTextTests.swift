import JSONText
import Testing

/// Tests of accepted texts from "Parsing JSON is a Minefield" (Nicolas Seriot's JSONTestSuite): the `y_` files, and the
/// `i_` files that this parser accepts.
@Suite("JSON texts that the reader accepts")
struct AcceptedTextTests {
    @Test(
        "Arrays",
        arguments: [
            "[[]   ]", "[\"\"]", "[]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[null]", "[1\n]", " [1]",
            "[1,null,null,null,2]", "[2] ",
        ])
    func arrays(text: String) throws { try check(text) }

    @Test(
        "Numbers",
        arguments: [
            "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[-0.00000000000000000000000000000000000000000000000000001]\n",
            "[20e1]", "[-0]", "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]",
            "[1e+2]", "[123]", "[123.456789]", "[0.4e00669999999999999999999999999999999999999999]", "[-1e+9999]",
            "[1.5e+9999]", "[-123123e100000]", "[123123e100000]", "[123e-10000000]",
            "[-123123123123123123123123123123]", "[100000000000000000000]", "[-237462374673276894279832749832423479]",
        ])
    func numbers(text: String) throws { try check(text) }

    @Test(
        "Objects",
        arguments: [
            #"{"asd":"sdf", "dfg":"fgh"}"#, #"{"asd":"sdf"}"#, "{}", #"{"":0}"#, #"{"foo\u0000bar": 42}"#,
            #"{ "min": -1.0e+28, "max": 1.0e+28 }"#,
            #"{"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}], "id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#,
            #"{"a":[]}"#,
            #"{"title":"\u041f\u043e\u043b\u0442\u043e\u0440\u0430\u0020\u0417\u0435\u043c\u043b\u0435\u043a\u043e\u043f\u0430" }"#,
            "{\n\"a\": \"b\"\n}",
        ])
    func objects(text: String) throws { try check(text) }

    @Test(
        "Strings",
        arguments: [
            (#"["\u0060\u012a\u12AB"]"#, "\u{60}\u{12a}\u{12ab}"), (#"["\uD801\udc37"]"#, "\u{10437}"),
            (#"["\ud83d\ude39\ud83d\udc8d"]"#, "😹💍"), (#"["\"\\\/\b\f\n\r\t"]"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#"["\\u0000"]"#, #"\u0000"#), (#"["\""]"#, "\""), ("[\"a/*b*/c/*d//e\"]", "a/*b*/c/*d//e"),
            (#"["\\a"]"#, #"\a"#), (#"["\\n"]"#, #"\n"#), (#"["\u0012"]"#, "\u{12}"), (#"["\uFFFF"]"#, "\u{FFFF}"),
            ("[ \"asd\"]", "asd"), ("[\"\u{10FFFF}\"]", "\u{10FFFF}"), ("[\"\u{FFFF}\"]", "\u{FFFF}"),
            (#"["\u0000"]"#, "\0"), (#"["\u002c"]"#, ","), ("[\"π\"]", "π"), ("[\"\u{1BFFF}\"]", "\u{1BFFF}"),
            (#"["\uD834\uDd1e"]"#, "𝄞"), (#"["\u0821"]"#, "\u{821}"), (#"["\u0123"]"#, "\u{123}"),
            ("[\"\u{2028}\"]", "\u{2028}"), ("[\"\u{2029}\"]", "\u{2029}"), (#"["\u0061\u30af\u30EA\u30b9"]"#, "aクリス"),
            ("[\"new\u{a0}line\"]", "new\u{a0}line"), (#"["\uDBFF\uDFFF"]"#, "\u{10FFFF}"),
            (#"["\u200B"]"#, "\u{200B}"), (#"["\u2064"]"#, "\u{2064}"),
            (#"["\u0022"]"#, "\""), ("[\"\u{7f}\"]", "\u{7f}"), ("[\"a\u{7f}a\"]", "a\u{7f}a"),
            ("[\"€𝄞\"]", "€𝄞"), (#"["\u005C"]"#, #"\"#), (#"["a\u0301"]"#, "a\u{301}"),
        ])
    func strings(text: String, value: String) throws {
        let document = try JSONDocument(Array(text.utf8))
        var elements = try document.root.elements()
        let string = try #require(try elements.next()?.string())
        #expect(Array(string.utf8) == Array(value.utf8))
    }

    @Test(
        "Single values and white space around them",
        arguments: [
            "\"\"", "\"asd\"", "42", "-0.1", "null", "true", "false", "[\"a\"]\n", " [] ", "\t\r\n [\t\r\n]\t\r\n ",
            "0", "-0",
        ])
    func structures(text: String) throws { try check(text) }

    @Test("Nesting up to the limit, and not one level more")
    func depth() throws {
        let limit = JSONDocument.depthLimit
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = open == "[" ? "" : "1"
            func text(_ depth: Int) -> [UInt8] {
                Array((String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)).utf8)
            }
            let value = try JSONValue(parsing: text(limit))
            #expect(try value.text() == text(limit))
            let error = #expect(throws: JSONError.self) { try JSONDocument(text(limit + 1)) }
            #expect(error?.code == .tooDeep)
        }
    }

    /// Checks that the text is accepted, and that its written form is compact and has the same value.
    private func check(_ text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        let written = try value.text()
        #expect(try JSONValue(parsing: written) == value)
        #expect(try JSONDocument(Array(text.utf8)).root.text() == text.utf8.filter { !" \n\r\t".utf8.contains($0) })
    }
}
