import JSONText
import Testing

/// Tests of rejected texts from "Parsing JSON is a Minefield" (Nicolas Seriot's JSONTestSuite): the `n_` files, and
/// other files with duplicate members, lone surrogates or a byte order mark.
@Suite("JSON texts that the reader refuses")
struct RefusedTextTests {
    @Test(
        "Text that breaks the grammar",
        arguments: [
            ("[1 true]", 3), ("[\"\": 1]", 3), ("[\"\"],", 4), ("[,1]", 1), ("[1,,2]", 3), ("[\"x\",,]", 5),
            ("[\"x\"]]", 5),
            ("[\"\",]", 4), ("[,]", 1), ("[3[4]]", 2), ("[1:2]", 2), ("[1,]", 3), ("[1,,]", 3), ("[,\"\"]", 1),
            ("[\"\",]", 4), ("[-]", 2), ("[\"a\",\n4\n,1,", 11), ("[\"x\"", 4), ("[1,\n1\n,1", 8), ("[{}", 3),
            ("[fals]", 5), ("[nul]", 4), ("[tru]", 4), ("[++1234]", 1), ("[+1]", 1), ("[+Inf]", 1), ("[-01]", 3),
            ("[-1.0.]", 5), ("[-2.]", 4), ("[-NaN]", 2), ("[.-1]", 1), ("[.2e-3]", 1), ("[0.1.2]", 4),
            ("[0.3e+]", 6), ("[0.3e]", 5), ("[0.e1]", 3), ("[0E+]", 4), ("[0E]", 3), ("[0e+]", 4), ("[0e]", 3),
            ("[1.0e+]", 6), ("[1.0e-]", 6), ("[1.0e]", 5), ("[1 000.0]", 3), ("[1eE2]", 3), ("[2.e+3]", 3),
            ("[2.e-3]", 3), ("[2.e3]", 3), ("[9.e+]", 3), ("[Inf]", 1), ("[NaN]", 1), ("[1+2]", 2), ("[0x1]", 2),
            ("[0x42]", 2), ("[Infinity]", 1), ("[0e+-1]", 4), ("[-123.123foo]", 9), ("[-Infinity]", 2), ("[-foo]", 2),
            ("[- 1]", 2), ("[-012]", 3), ("[-.123]", 2), ("[-1x]", 3), ("[1ea]", 3), ("[1.]", 3), ("[.123]", 1),
            ("[1.2a-3]", 4), ("[1.8011670033376514H-308]", 19), ("[012]", 2), ("[\"x\", truth]", 9), ("{[: \"x\"}", 1),
            ("{\"x\", null}", 4), ("{\"x\"::\"b\"}", 5), ("{🇨🇭}", 1), ("{\"a\":\"a\" 123}", 9), ("{key: 'value'}", 1),
            ("{\"a\" b}", 5), ("{:\"b\"}", 1), ("{\"a\" \"b\"}", 5), ("{\"a\":", 5), ("{\"a\"", 4), ("{1:1}", 1),
            ("{9999E9999:1}", 1), ("{null:null,null:null}", 1), ("{\"id\":0,,,,,}", 8), ("{'a':0}", 1),
            ("{\"id\":0,}", 8), ("{\"a\":\"b\"}/**/", 9), ("{\"a\":\"b\"}/**//", 9), ("{\"a\":\"b\"}//", 9),
            ("{\"a\":\"b\"}/", 9), ("{\"a\":\"b\",,\"c\":\"d\"}", 9), ("{a: \"b\"}", 1), ("{\"a\":\"a", 7),
            ("{ \"foo\" : \"bar\", \"a\" }", 21), ("{\"a\":\"b\"}#", 9), (" ", 1), ("[\"\\", 3), ("[\"\\u", 4),
            ("[\"\\u1", 5),
            ("[\"\\u1x\"]", 5), ("[\"\\x00\"]", 3), ("[\"\\\\\\\"]", 7), ("[\"\\\t\"]", 3), ("[\"\\🌀\"]", 3),
            ("[\"\\\"]", 5),
            ("[\"\\u00A\"]", 7), ("[\"\\uD834\\uDd\"]", 12), ("[\"\\a\"]", 3), ("[\"\\uqqqq\"]", 4),
            ("[\\u0020\"asd\"]", 1),
            ("[\\n]", 1), ("\"", 1), ("['single quote']", 1), ("abc", 0), ("[\"a\0a\"]", 3), ("[\"new\nline\"]", 5),
            ("[\"\t\"]", 2), ("\"\\UA66D\"", 2), ("\"\"x", 2), ("[\u{2060}]", 1), ("<.>", 0), ("[<null>]", 1),
            ("[1]x", 3),
            ("[1]]", 3), ("[\"asd]", 6), ("aå", 0), ("[True]", 1), ("1]", 1), ("{\"x\": true,", 11), ("[][]", 2),
            ("]", 0),
            ("[", 1), ("", 0), ("[\0]", 1), ("2@", 1), ("{}}", 2), ("{\"\":", 4), ("{\"a\":/*comment*/\"b\"}", 5),
            ("{\"a\": true} \"x\"", 12), ("['", 1), ("[,", 1), ("[{", 2), ("[\"a", 3), ("[\"a\"", 4), ("{", 1),
            ("{]", 1),
            ("{,", 1), ("{[", 1), ("{\"a", 3), ("{'a'", 1), ("[\"\\{[\"\\{[\"\\{[\"\\{", 3), ("é", 0), ("*", 0),
            ("{\"a\":\"b\"}#{}", 9), ("[\\u000A\"\"]", 1), ("[1", 2), ("[ false, nul", 12), ("[ true, fals", 12),
            ("[ false, tru", 12), ("{\"asd\":\"asd\"", 12), ("[\u{c}]", 1), ("[\u{b}1]", 1), ("[1\u{a0}]", 2), ("-", 1),
            ("01", 1), ("1.", 2), ("1e", 2), ("nulll", 4), ("[1}", 2), ("{\"a\":1]", 6), ("\u{FEFF}{}", 0),
            ("\u{FEFF}", 0),
            ("{\"a\":1,}", 7), ("[\"\u{1f}\"]", 2), ("\u{2028}1", 0),
        ])
    func grammar(text: String, offset: Int) {
        let bytes = Array(text.utf8)
        let error = #expect(throws: JSONError.self, "accepted \(text.debugDescription)") { try JSONDocument(bytes) }
        #expect(error?.offset == offset)
        #expect(error?.code == (offset == bytes.count ? .unexpectedEnd : .unexpectedByte))
    }

    @Test(
        "Bytes that are not UTF-8",
        arguments: [
            ([0x5B, 0x22, 0xE5, 0x22, 0x5D], 2), ([0x5B, 0x22, 0xFF, 0x22, 0x5D], 2),
            ([0x5B, 0x22, 0x81, 0x22, 0x5D], 2), ([0x5B, 0x22, 0xC0, 0xAF, 0x22, 0x5D], 2),
            ([0x5B, 0x22, 0xE0, 0x80, 0x80, 0x22, 0x5D], 2), ([0x5B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x5D], 2),
            ([0x5B, 0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], 2), ([0x5B, 0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 2),
            ([0x5B, 0x22, 0xF8, 0x88, 0x80, 0x80, 0x80], 2), ([0x5B, 0x22, 0xC1, 0xBF, 0x22], 2),
            ([0x22, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0xE2, 0x82, 0x22], 9),
            ([0x7B, 0x22, 0xB9, 0x22, 0x3A, 0x30, 0x7D], 2), ([0x22, 0xF0, 0x9F, 0x98, 0x22], 1),
        ] as [([UInt8], Int)])
    func encoding(bytes: [UInt8], offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(bytes) }
        #expect(error?.code == .invalidUTF8)
        #expect(error?.offset == offset)
    }

    @Test(
        "Bytes of other encodings and bytes outside strings",
        arguments: [
            [0x5B, 0xFF, 0x5D], [0xE5], [0x5B, 0xE5, 0x5D], [0x5B, 0x31, 0xE5, 0x5D], [0x5B, 0x30, 0xE5, 0x5D],
            [0xFF, 0xFE, 0x5B, 0x00, 0x22, 0x00, 0xE9, 0x00, 0x22, 0x00, 0x5D, 0x00], [0xEF, 0xBB, 0x7B, 0x7D],
            [0x00, 0x5B, 0x00, 0x22, 0x00, 0xE9, 0x00, 0x22, 0x00, 0x5D], [0x5B, 0x31, 0x65, 0x31, 0xE5, 0x5D],
        ] as [[UInt8]])
    func otherBytes(bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(bytes) }
        #expect(error?.code == .unexpectedByte)
    }

    @Test(
        "A lone surrogate",
        arguments: [
            (#"["\uDADA"]"#, 2), (#"["\uD888\u1234"]"#, 2), (#"["\uD800\n"]"#, 2), (#"["\uD800abc"]"#, 2),
            (#"["\uD800\uD800\n"]"#, 2), (#"["\ud800"]"#, 2), (#"["\uDd1e\uD834"]"#, 2), (#"["a\uDFAA"]"#, 3),
            (#"["\uD800\uD800\x"]"#, 2), (#"{"\uDFAA":0}"#, 2), (#"["\uD834\\uDd1e"]"#, 2),
        ])
    func surrogates(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
        #expect(error?.code == .loneSurrogate)
        #expect(error?.offset == offset)
    }

    @Test(
        "A duplicate member, in any spelling of its name",
        arguments: [
            (#"{"a":"b","a":"c"}"#, 9), (#"{"a":"b","a":"b"}"#, 9), (#"{"a":1,"\u0061":2}"#, 7),
            (#"{"\u0061":1,"b":2,"a":3}"#, 18), (#"[{"x":{"a":1,"b":{},"b":[]}}]"#, 20), (#"{"é":1,"e\u0301":2}"#, 8),
            (#"{"":1,"":2}"#, 6),
        ])
    func duplicates(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
        #expect(error?.code == .duplicateMember)
        #expect(error?.offset == offset)
    }

    @Test("The second of two equal names among many members", arguments: [2, 24, 25, 26, 1000])
    func duplicatesAmongMany(count: Int) {
        let members = (0..<count).map { "\"m\($0)\":\($0)" } + ["\"m\(count / 2)\":0"]
        let text = "{" + members.joined(separator: ",") + "}"
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
        #expect(error?.code == .duplicateMember)
        #expect(error?.offset == text.utf8.count - members[count].utf8.count - 1)
    }

    @Test(
        "Every truncated text ends unexpectedly",
        arguments: ["{\"a\" : [1.5e+3, \"é\\u00e9\\n\", true, null, {}]}"])
    func cutOff(text: String) {
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            let error = #expect(throws: JSONError.self) { try JSONDocument(Array(bytes[..<count])) }
            #expect(error?.code == .unexpectedEnd, "after \(count) bytes")
            #expect(error?.offset == count)
        }
    }

    @Test("An error contains the line and the column of the byte")
    func place() {
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array("{\n  \"é\" : 1,\n  \"b\" : x\n}".utf8)) }
        #expect(error?.description == "line 3, column 9: \"x\" cannot be here")
    }

    @Test(
        "An error describes the fault in words",
        arguments: [
            ("{\n \"a\": 1,\n}", "line 3, column 1: \"}\" cannot be here; the comma before it is one too many"),
            ("{\"grüße\": '", "line 1, column 11: \"'\" cannot be here; a string begins and ends with \""),
            ("[1 // one\n]", "line 1, column 4: \"/\" cannot be here; JSON has no comments"),
            ("{\"a\": 1 \"b\": 2}", "line 1, column 9: \"\\\"\" cannot be here; a comma is missing before it"),
            (
                "[\"two\nlines\"]",
                "line 1, column 6: a string goes over the end of the line or has a control character; a line end in it "
                    + "is written \\n"
            ),
            ("{", "line 1, column 2: it ends in the middle"),
            ("[\"\\uD800\"]", "line 1, column 3: this escape is one half"),
            (
                String(repeating: "[", count: 600),
                "line 1, column 513: more than 512 arrays and objects are inside each other"
            ),
            ("{\"a\": {\"b\": [1, {\"c\": 1, \"c\": 2}]}}", "line 1, column 26: the key \"c\" appears twice"),
        ])
    func words(text: String, words: String) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
        #expect(error?.description.hasPrefix(words) == true, "\(String(describing: error))")
    }

    @Test("A duplicate member is reported with its object")
    func placeOfDuplicate() {
        let text = #"{"provision": [{"name": "a"}, {"retry": {"x": 1, "x": 2}}]}"#
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
        #expect(error?.object == "provision[1].retry")
        #expect(error?.reason == "the key \"x\" appears twice")
    }

    @Test("Bytes that are not UTF-8 are reported with their line")
    func lineOfOtherEncoding() {
        let error = #expect(throws: JSONError.self) { try JSONDocument(Array("[\n\"".utf8) + [0xFF]) }
        #expect(error?.description == "line 2 is not text in UTF-8")
    }

    @Test(
        "A hundred thousand open brackets are refused, and do not overflow the stack",
        arguments: ["[", "{\"\":", "[{\"\":"])
    func manyBrackets(piece: String) {
        let error = #expect(throws: JSONError.self) {
            try JSONDocument(Array(String(repeating: piece, count: 100_000).utf8))
        }
        #expect(error?.code == .tooDeep)
    }
}
